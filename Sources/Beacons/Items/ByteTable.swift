/// Gives each distinct sequence of bytes a number, in order of first sight. Not `Dictionary<String, …>`: strings that
/// are canonically equivalent are equal to Swift and different to DynamoDB, and a string of over 15 bytes is allocated.
struct ByteTable {
    private var arena: [UInt8] = []
    private var ends: [Int] = []
    private var hashes: [Int] = []
    /// Open addressing, linear probing: index + 1, or 0. Its size is a power of two.
    private var slots: [Int32]

    private static let smallest = 64

    init() {
        slots = Array(repeating: 0, count: Self.smallest)
    }

    /// How many distinct sequences there are.
    var count: Int { ends.count }

    /// - Returns: The number of the bytes, and whether they are seen for the first time.
    mutating func insert(_ bytes: UnsafeRawBufferPointer) -> (index: Int, isNew: Bool) {
        if ends.count * 2 >= slots.count { grow() }
        // Seeded at random for each process, so that nobody can choose bytes that collide; numbers do not depend on it.
        var hasher = Hasher()
        hasher.combine(bytes: bytes)
        let hash = hasher.finalize()
        let mask = slots.count - 1
        var slot = hash & mask
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if hashes[index] == hash && isEqual(index, bytes) { return (index, false) }
            slot = (slot + 1) & mask
        }
        let index = ends.count
        arena.append(contentsOf: bytes)
        ends.append(arena.count)
        hashes.append(hash)
        slots[slot] = Int32(truncatingIfNeeded: index + 1)
        return (index, true)
    }

    /// Calls a closure with the bytes of a number.
    func withBytes<Result>(at index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        arena.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range(index)])) }
    }

    /// Forgets all, keeps the memory of a message of common size.
    mutating func removeAll() {
        arena.removeAll(keepingCapacity: arena.count < 1 << 16)
        ends.removeAll(keepingCapacity: ends.count < 4096)
        hashes.removeAll(keepingCapacity: hashes.count < 4096)
        if slots.count > 1024 {
            slots = Array(repeating: 0, count: Self.smallest)
        } else {
            for slot in slots.indices { slots[slot] = 0 }
        }
    }

    private func range(_ index: Int) -> Range<Int> {
        (index == 0 ? 0 : ends[index - 1])..<ends[index]
    }

    private func isEqual(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        withBytes(at: index) { $0.hasSameBytes(as: bytes) }
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        let mask = slots.count - 1
        for (index, hash) in hashes.enumerated() {
            var slot = hash & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = Int32(truncatingIfNeeded: index + 1)
        }
    }
}
