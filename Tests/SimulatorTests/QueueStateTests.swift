import AWSCore
import Testing

@testable import Simulator

/// What a queue does as time goes by; the tests say what time it is.
struct QueueStateTests {
    @Test func `A received message is hidden until its visibility is over, to the millisecond`() {
        let queue = TestQueue()
        queue.send("a")
        #expect(queue.receive(visibility: .seconds(5), at: 0).count == 1)
        #expect(queue.receive(at: 4.999).isEmpty)
        let again = queue.receive(at: 5)
        #expect(again.map(\.message.receiveCount) == [2])
        #expect(again.first?.message.firstReceivedAt == TestQueue.start)
    }

    @Test func `A longer visibility replaces the shorter one, and zero shows at once`() throws {
        let queue = TestQueue()
        queue.send("a")
        let handle = try #require(queue.receive(visibility: .seconds(5), at: 0).first).receiptHandle
        try queue.changeVisibility(handle, to: .seconds(60), at: 4)
        #expect(queue.receive(at: 63).isEmpty)
        try queue.changeVisibility(handle, to: .zero, at: 63)
        #expect(queue.receive(at: 63).count == 1)
    }

    @Test func `Visibility is refused for what is not in flight, gone, foreign, or hidden for twelve hours`() throws {
        let queue = TestQueue()
        queue.send("a")
        let handle = try #require(queue.receive(visibility: .seconds(5), at: 0).first).receiptHandle
        #expect(throws: QueueState.VisibilityRefusal.beyondLimit) {
            try queue.changeVisibility(handle, to: .seconds(43_200), at: 1)
        }
        #expect(throws: QueueState.VisibilityRefusal.notInFlight) {
            try queue.changeVisibility(handle, to: .seconds(1), at: 5)
        }
        let foreign = ReceiptHandle(slot: 0, generation: 0, receipt: 1, queueTag: 8)
        #expect(throws: QueueState.VisibilityRefusal.invalidHandle) {
            try queue.changeVisibility(foreign, to: .seconds(1), at: 5)
        }
        #expect(queue.delete(handle))
        #expect(throws: QueueState.VisibilityRefusal.gone) {
            try queue.changeVisibility(handle, to: .seconds(1), at: 5)
        }
    }

    @Test func `Only the latest receipt deletes, and none deletes its slot's next message`() throws {
        let queue = TestQueue()
        queue.send("a")
        let older = try #require(queue.receive(visibility: .seconds(1), at: 0).first).receiptHandle
        let newer = try #require(queue.receive(at: 1).first).receiptHandle
        #expect(queue.delete(older))
        #expect(queue.state.inFlightCount == 1)
        #expect(queue.delete(newer))
        #expect(queue.state.inFlightCount == 0)
        queue.send("b", at: 2)
        #expect(queue.delete(newer))
        #expect(queue.receive(at: 2).texts == ["b"])
    }

    @Test func `A receipt handle reads back from its text, and nonsense does not`() {
        let handle = ReceiptHandle(slot: 1, generation: .max, receipt: 3, queueTag: 0xABCD)
        let read = Array(handle.text.utf8).withUnsafeBytes { ReceiptHandle($0) }
        #expect(read == handle)
        for nonsense in ["", "AQEB", handle.text + "0", String(handle.text.dropLast()) + "g"] {
            #expect(Array(nonsense.utf8).withUnsafeBytes { ReceiptHandle($0) } == nil)
        }
    }

    @Test func `Messages come in their order, in the batches asked for`() {
        let queue = TestQueue()
        for text in ["a", "b", "c"] { queue.send(text) }
        #expect(queue.receive(limit: 2, at: 0).texts == ["a", "b"])
        #expect(queue.receive(limit: 2, at: 0).texts == ["c"])
    }

    @Test func `A message received too often goes where the policy says`() {
        let queue = TestQueue { $0.redrive = .init(deadLetterTargetArn: "dead", maxReceiveCount: 2) }
        queue.send("a")
        #expect(queue.receive(visibility: .seconds(1), at: 0).count == 1)
        #expect(queue.receive(visibility: .seconds(1), at: 1).count == 1)
        let third = queue.receiveAll(at: 2)
        #expect(third.deliveries.isEmpty)
        #expect(third.dead.map(\.receiveCount) == [2])
        #expect(queue.state.visibleCount == 0)
    }

    @Test func `A delayed message counts as delayed and comes in its time`() {
        let queue = TestQueue()
        queue.send("a", delay: .seconds(9))
        #expect(queue.state.delayedCount == 1)
        #expect(queue.receive(at: 8).isEmpty)
        #expect(queue.receive(at: 9).count == 1)
        #expect(queue.state.delayedCount == 0)
    }

    @Test func `A message older than the retention is gone, hidden or not`() {
        let queue = TestQueue { $0.retention = .seconds(60) }
        queue.send("a")
        queue.send("b")
        queue.send("c", at: 30)
        #expect(queue.receive(limit: 1, visibility: .seconds(100), at: 1).texts == ["a"])
        queue.state.expire(TestQueue.start + .seconds(61))
        #expect(queue.state.visibleCount == 1)
        #expect(queue.state.inFlightCount == 0)
        #expect(queue.receive(at: 61).texts == ["c"])
    }

    @Test func `A duplicate is delivered twice under two receipts, never twice in one answer`() throws {
        let queue = TestQueue()
        let disorder = Disorder(duplicate: 1)
        queue.send("a")
        #expect(queue.receive(disorder: disorder, at: 0).count == 1)
        let second = queue.receive(disorder: disorder, at: 0)
        #expect(second.map(\.message.receiveCount) == [2])
        #expect(queue.delete(try #require(second.first).receiptHandle, disorder: disorder))
        #expect(queue.state.visibleCount == 1, "a delete that was answered may be forgotten")
    }

    @Test func `Reordering changes the order and nothing else`() {
        let queue = TestQueue()
        let all = (10..<60).map { "message \($0)" }
        for text in all { queue.send(text) }
        let received = queue.receive(limit: 50, disorder: Disorder(reorder: 1), at: 0).texts
        #expect(received != all)
        #expect(received.sorted() == all)
    }

    @Test func `Counts stay right through a thousand random steps`() {
        let queue = TestQueue()
        var random = SplitMix(seed: 3)
        var held: [ReceiptHandle] = []
        var (sent, deleted) = (0, 0)
        func count() -> Int { queue.state.visibleCount + queue.state.inFlightCount }
        for step in 0..<1000 {
            switch random.next() % 3 {
            case 0:
                queue.send("message \(step)", at: Double(step))
                sent += 1
            case 1:
                held += queue.receive(limit: 3, visibility: .seconds(20), at: Double(step)).map(\.receiptHandle)
            default:
                guard let handle = held.popLast() else { continue }
                let before = count()
                #expect(queue.delete(handle))
                deleted += before - count()
            }
            #expect(count() == sent - deleted)
        }
        #expect(deleted > 100)
    }
}
