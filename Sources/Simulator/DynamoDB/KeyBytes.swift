#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A key's bytes. Hashed and compared as a block: an array of bytes feeds the hasher one byte at a time.
struct KeyBytes: Hashable, Comparable, Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// No key: what items of a table without a sort key have for one.
    static let none = KeyBytes([])

    func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    static func == (left: KeyBytes, right: KeyBytes) -> Bool {
        left.bytes.isSame(as: right.bytes)
    }

    static func < (left: KeyBytes, right: KeyBytes) -> Bool {
        let order = left.bytes.withUnsafeBytes { left in
            right.bytes.withUnsafeBytes { right in
                compare(left.baseAddress, right.baseAddress, min(left.count, right.count))
            }
        }
        return order == 0 ? left.bytes.count < right.bytes.count : order < 0
    }
}

extension Array<UInt8> {
    /// Equality at the speed of memory.
    func isSame(as other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { own in
            other.withUnsafeBytes { compare(own.baseAddress, $0.baseAddress, own.count) == 0 }
        }
    }
}

private func compare(_ left: UnsafeRawPointer?, _ right: UnsafeRawPointer?, _ count: Int) -> Int32 {
    guard count > 0, let left, let right else { return 0 }
    return memcmp(left, right, count)
}
