import Channels
import Locking
import Operations
import Testing

@testable import AWSCore
@testable import Worker

@Suite("The dequeuer")
struct DequeuerTests {
    /// Receives messages, hands them to the dequeuer as done, and runs it until it has deleted what it can.
    private func run(_ bench: Bench, _ count: Int, before: (MessagesInHand) async -> Void = { _ in }) async {
        bench.queue.send((0..<count).map { "k\($0)" })
        let done = Channel<MessageID>(capacity: count)
        for _ in 0..<((count + 9) / 10) {
            guard let messages = try? await bench.queue.receive(upTo: 10, wait: .zero) else { return }
            for job in bench.parts.hand.take(messages, at: .zero) { try? await done.send(job.id) }
        }
        await before(bench.parts.hand)
        done.close()
        let isDone = SharedCount(0)
        async let running: Void = {
            await bench.parts.dequeuer(done).run()
            isDone.value = 1
        }()
        await bench.hand.run { isDone.value == 1 }
        await running
    }

    @Test("Deletes ten at a time", arguments: [(1, [1]), (10, [10]), (23, [10, 10, 3])])
    func batches(count: Int, sizes: [Int]) async {
        let bench = Bench()
        await run(bench, count)
        #expect(bench.queue.state.withLock { $0.deletes.map(\.count) } == sizes)
        #expect(bench.queue.isEmpty)
        #expect(bench.parts.hand.count == 0)
    }

    @Test("Tries failed entries again, and them alone")
    func partialFailure() async {
        let bench = Bench()
        bench.queue.state.withLock { $0.deleteAnswers = [.success([nil, .busy, nil]), .success([.busy])] }
        await run(bench, 3)
        #expect(bench.queue.state.withLock { $0.deletes } == [["m0/1", "m1/1", "m2/1"], ["m1/1"], ["m1/1"]])
        #expect(bench.queue.isEmpty)
    }

    @Test("Tries a failed call again")
    func failure() async {
        let bench = Bench()
        bench.queue.state.withLock { $0.deleteAnswers = [.failure(.unreachable), .failure(.unreachable)] }
        await run(bench, 3)
        #expect(bench.queue.state.withLock { $0.deletes.map(\.count) } == [3, 3, 3])
        #expect(bench.queue.isEmpty)
        #expect(bench.readiness.isReady)
    }

    @Test("Lets go of a message whose handle is dead")
    func deadHandle() async {
        let bench = Bench()
        bench.queue.state.withLock { $0.deleteAnswers = [.success([.dead, nil])] }
        await run(bench, 2)
        #expect(bench.queue.state.withLock { $0.deletes.count } == 1)
        #expect(bench.parts.hand.count == 0)
        #expect(bench.log.lines.contains { $0.contains("m0") })
    }

    @Test("Uses the newest handle of a message that was received again")
    func newerHandle() async {
        let bench = Bench()
        await run(bench, 1) { hand in
            bench.queue.redeliver("m0")
            guard let again = try? await bench.queue.receive(upTo: 10, wait: .zero) else { return }
            #expect(hand.take(again, at: .zero).isEmpty)
        }
        #expect(bench.queue.state.withLock { $0.deletes } == [["m0/2"]])
        #expect(bench.queue.isEmpty)
    }

    @Test("Lets go of all when the queue itself is gone")
    func missingQueue() async {
        let bench = Bench()
        bench.queue.state.withLock { $0.deleteAnswers = [.failure(.missingQueue)] }
        await run(bench, 3)
        #expect(bench.parts.hand.count == 0)
        #expect(bench.readiness.failures["queue"] != nil)
    }
}
