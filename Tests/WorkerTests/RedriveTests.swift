import AWSCore
import Channels
import Locking
import Testing

@testable import Worker

@Suite("Moving dead letters back")
struct RedriveTests {
    private func redrive(
        _ queue: ScriptedQueue, _ outlet: ScriptedOutlet, limit: Int = .max, rate: Int = 1000
    ) async throws -> Redrive.Outcome {
        let isDone = SharedCount(0)
        let running = Task {
            defer { isDone.value = 1 }
            return try await Redrive(
                deadLetters: queue, resender: Resender(outlet: outlet, clock: queue.hand.clock),
                clock: queue.hand.clock, limit: limit, rate: rate, advance: { _ in }, report: { _ in }
            ).run()
        }
        await queue.hand.run { isDone.value == 1 }
        return try await running.value
    }

    @Test("Moves all, byte for byte, and deletes what was moved")
    func all() async throws {
        let (queue, outlet) = (ScriptedQueue(HandClock()), ScriptedOutlet())
        queue.send((0..<37).map { "body \($0)" })
        #expect(try await redrive(queue, outlet) == Redrive.Outcome(moved: 37))
        #expect(outlet.accepted == (0..<37).map { "body \($0)" })
        #expect(queue.isEmpty)
    }

    @Test("Stops at its limit", arguments: [1, 10, 13])
    func limit(limit: Int) async throws {
        let (queue, outlet) = (ScriptedQueue(HandClock()), ScriptedOutlet())
        queue.send((0..<30).map { "\($0)" })
        #expect(try await redrive(queue, outlet, limit: limit).moved == limit)
        #expect(outlet.accepted.count == limit)
        #expect(queue.visible.count == 30 - limit)
    }

    @Test("Keeps its rate")
    func rate() async throws {
        let (queue, outlet) = (ScriptedQueue(HandClock()), ScriptedOutlet())
        queue.send((0..<100).map { "\($0)" })
        _ = try await redrive(queue, outlet, limit: 100, rate: 5)
        #expect(queue.hand.now >= .seconds(20))
    }

    @Test("What the queue refuses stays among the dead letters")
    func refused() async throws {
        let (queue, outlet) = (ScriptedQueue(HandClock()), ScriptedOutlet())
        queue.send(["a", "b", "c"])
        outlet.state.withLock { $0.answers = [nil, .refused, nil] }
        #expect(try await redrive(queue, outlet) == Redrive.Outcome(moved: 2, left: 1))
        #expect(queue.state.withLock { $0.messages.map(\.body) } == ["b"])
    }

    @Test("What cannot be deleted from the dead letters counts as left, and is said")
    func undeleted() async throws {
        let (queue, outlet) = (ScriptedQueue(HandClock()), ScriptedOutlet())
        queue.send(["a", "b"])
        let failure = BatchEntryError(code: "ReceiptHandleIsInvalid", message: "", senderFault: true)
        queue.state.withLock {
            $0.deleteAnswers = [.success([failure, nil])] + Array(repeating: .success([failure]), count: 4)
        }
        #expect(try await redrive(queue, outlet) == Redrive.Outcome(moved: 1, left: 1))
        #expect(queue.state.withLock { $0.messages.map(\.body) } == ["a"])
    }

    @Test("Where the queue cannot be reached, the dead letters are shown again at once")
    func unreachable() async throws {
        let (queue, outlet) = (ScriptedQueue(HandClock()), ScriptedOutlet())
        queue.send(["a", "b"])
        outlet.state.withLock { $0.errors = [.unreachable] }
        await #expect(throws: AWSError.self) { try await redrive(queue, outlet) }
        #expect(queue.visible.count == 2)
    }
}

@Suite("A dry run")
struct DryRunTests {
    private func run(_ queue: ScriptedQueue) async throws -> (DryRun.Outcome, printed: Int) {
        let printed = SharedCount(0)
        let isDone = SharedCount(0)
        let running = Task {
            defer { isDone.value = 1 }
            let pool = ProcessorPool { ScriptedProcessing() }
            return try await DryRun(queue: queue, processors: pool) { _ in printed.add(1) }.run()
        }
        await queue.hand.run { isDone.value == 1 }
        return (try await running.value, printed.value)
    }

    @Test("Shows the items, writes and deletes nothing, and gives every message back")
    func pass() async throws {
        let queue = ScriptedQueue(HandClock())
        queue.send(["a,b", "v2", "c"])
        let (outcome, printed) = try await run(queue)
        #expect(outcome == DryRun.Outcome(messages: 3, items: 3, events: 3, unknown: 1))
        #expect(printed == 3)
        #expect(queue.visible.count == 3)
        #expect(queue.state.withLock { $0.deletes.isEmpty })
    }

    @Test("Is bounded")
    func bounded() async throws {
        let queue = ScriptedQueue(HandClock())
        queue.send((0..<300).map { "\($0)" })
        #expect(try await run(queue).0.messages == DryRun.maxMessages)
        #expect(queue.visible.count == 300)
    }

    @Test("Gives back what it has when the queue fails in between")
    func failure() async throws {
        let queue = ScriptedQueue(HandClock())
        queue.send((0..<5).map { "\($0)" })
        _ = try await queue.receive(upTo: 1, wait: .zero)
        queue.redeliver("m0")
        queue.state.withLock { $0.errorAfter = 3 }
        await #expect(throws: AWSError.self) { try await run(queue) }
        #expect(queue.visible.count == 5)
    }
}
