/// A first-in, first-out queue over one array, which grows by doubling and never shrinks: at its steady size it
/// allocates nothing.
struct RingBuffer<Element> {
    private var slots: ContiguousArray<Element?> = []
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: consuming Element) {
        if count == slots.count { grow() }
        slots[slot(count)] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[head].take()
        head = slot(1)
        count -= 1
        return element
    }

    var first: Element? {
        count > 0 ? slots[head] : nil
    }

    /// Removes the first element that matches, and keeps the order of the others.
    mutating func removeFirst(where matches: (Element) -> Bool) -> Element? {
        for position in 0..<count {
            guard let element = slots[slot(position)], matches(element) else { continue }
            for follower in position..<(count - 1) {
                slots[slot(follower)] = slots[slot(follower + 1)]
            }
            slots[slot(count - 1)] = nil
            count -= 1
            return element
        }
        return nil
    }

    /// Empties it, and gives what it held, in order.
    mutating func removeAll() -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        while let element = popFirst() { elements.append(element) }
        return elements
    }

    // The array's size is a power of two, so that a position wraps with a mask.
    private func slot(_ position: Int) -> Int {
        (head + position) & (slots.count - 1)
    }

    private mutating func grow() {
        var larger: ContiguousArray<Element?> = []
        larger.reserveCapacity(max(4, slots.count * 2))
        for position in 0..<count { larger.append(slots[slot(position)].take()) }
        while larger.count < max(4, slots.count * 2) { larger.append(nil) }
        slots = larger
        head = 0
    }
}
