import Testing

@testable import Channels

@Suite("A ring buffer")
struct RingBufferTests {
    @Test("Keeps its order while it wraps and grows", arguments: [1, 3, 4, 5, 17])
    func order(size: Int) {
        var ring = RingBuffer<Int>()
        var (next, expected) = (0, 0)
        for _ in 0..<50 {
            while ring.count < size {
                ring.append(next)
                next += 1
            }
            for _ in 0...(size / 2) {
                #expect(ring.first == expected)
                #expect(ring.popFirst() == expected)
                expected += 1
            }
        }
        #expect(ring.removeAll() == Array(expected..<next))
        #expect(ring.isEmpty && ring.popFirst() == nil && ring.first == nil)
    }

    @Test("Removes one from anywhere, and keeps the order of the others", arguments: 0..<6)
    func removal(position: Int) {
        var ring = RingBuffer<Int>()
        for number in 0..<3 { ring.append(-number) }
        for _ in 0..<3 { _ = ring.popFirst() }
        for number in 0..<6 { ring.append(number) }
        #expect(ring.removeFirst { $0 == position } == position)
        #expect(ring.removeFirst { $0 == position } == nil)
        #expect(ring.removeAll() == (0..<6).filter { $0 != position })
    }
}
