import AWSCore
import Testing

@testable import Beacons
@testable import Worker

@Suite("A call's items")
struct WriteBatchTests {
    /// Which of the items, in order, a batch takes.
    private func taken(_ items: [Item]) -> [Bool] {
        var batch = WriteBatch()
        return items.map { batch.add(Pending(write: Write([$0]), position: 0)) }
    }

    @Test("Are twenty-five at most")
    func count() {
        let taken = taken((0..<30).map { .test("k\($0)") })
        #expect(taken == (0..<30).map { $0 < 25 })
    }

    @Test("Have keys of their own; the same sort key in another partition is another key")
    func keys() {
        let items: [Item] = [
            .test("a", partition: "p"), .test("a", partition: "p"), .test("a", partition: "r"),
            .test("b", partition: "p"),
        ]
        #expect(taken(items) == [true, false, true, true])
    }

    @Test("Are bounded in bytes, but one is always taken")
    func bytes() {
        let large = WriteBatch.maxSize.bytes
        #expect(taken([.test("a", size: large), .test("b")]) == [true, false])
        #expect(taken([.test("a", size: large / 2), .test("b", size: large / 2), .test("c")]) == [true, false, true])
    }
}
