import Channels
import Locking
import Logging
import Operations
import Testing

@testable import AWSCore
@testable import Worker

@Suite("The worker's service")
struct ServiceTests {
    /// A queue whose attributes cannot be had at first.
    private final class LateQueue: MessageQueue {
        let inner: ScriptedQueue
        let errors: Guarded<[AWSError]>

        init(_ inner: ScriptedQueue, _ errors: [AWSError]) {
            self.inner = inner
            self.errors = Guarded(errors)
        }

        func receive(upTo limit: Int, wait: Duration) async throws(AWSError) -> [SQSMessage] {
            try await inner.receive(upTo: limit, wait: wait)
        }

        func delete(_ receiptHandles: [String]) async throws(AWSError) -> [BatchEntryError?] {
            try await inner.delete(receiptHandles)
        }

        func hide(
            _ messages: [(receiptHandle: String, visibilityTimeout: Duration)]
        ) async throws(AWSError) -> [BatchEntryError?] {
            try await inner.hide(messages)
        }

        func attributes() async throws(AWSError) -> QueueAttributes {
            if let error = errors.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { throw error }
            return try await inner.attributes()
        }
    }

    private struct Outcome {
        let readiness: Readiness
        let log: LogLines
        let exposition: String
    }

    private func run(
        _ queue: ScriptedQueue, errors: [AWSError], until condition: @Sendable (Readiness) -> Bool
    ) async -> Outcome {
        let readiness = Readiness(starting: ["queue", "table"])
        let log = LogLines()
        let registry = MetricsRegistry(showsProcess: false)
        let stop = Channel<Void>()
        let isDone = SharedCount(0)
        let service = WorkerService(
            settings: PipelineSettings(workers: 2), queue: LateQueue(queue, errors), table: ScriptedTable(),
            conditions: Conditions(queue: "beacons", table: "items", readiness: readiness, logger: log.logger()),
            readiness: readiness, liveness: Liveness(), registry: registry, logger: log.logger(),
            clock: queue.hand.clock, makeProcessor: { ScriptedProcessing() })
        let running = Task {
            await service.run { _ = await stop.receive() }
            isDone.value = 1
        }
        await queue.hand.run { condition(readiness) }
        let exposition = registry.exposition()
        stop.close()
        await queue.hand.run { isDone.value == 1 }
        await running.value
        return Outcome(readiness: readiness, log: log, exposition: exposition)
    }

    @Test("A queue that does not exist yet ends nothing: it is said once, and work begins when it is there")
    func late() async {
        let queue = ScriptedQueue(HandClock())
        queue.send(["a", "b"])
        let outcome = await run(queue, errors: [.missingQueue, .missingQueue]) { _ in queue.isEmpty }
        #expect(outcome.readiness.isReady)
        #expect(outcome.log.lines.filter { $0.hasPrefix("warning") }.count == 1)
        #expect(outcome.log.lines.contains { $0.contains("worker setup") })
    }

    @Test("It can be stopped while a dependency is still missing")
    func stoppedEarly() async {
        let queue = ScriptedQueue(HandClock())
        let outcome = await run(queue, errors: Array(repeating: .missingQueue, count: 1000)) { readiness in
            readiness.failures["queue"]?.contains("does not exist") == true
        }
        #expect(!outcome.readiness.isReady)
        #expect(queue.state.withLock { $0.polls.isEmpty })
    }

    @Test("The gauges tell backlog, messages in hand and idle workers")
    func gauges() async {
        let queue = ScriptedQueue(HandClock())
        let outcome = await run(queue, errors: []) { _ in queue.state.withLock { $0.polls.count } > 2 }
        for line in ["worker_backlog 0", "worker_in_flight 0", "worker_idle 2"] {
            #expect(outcome.exposition.contains("\n\(line)\n"))
        }
    }
}
