import Channels
import Operations

@testable import Beacons
@testable import Worker

/// A pipeline's parts on a scripted queue and table.
struct Bench: Sendable {
    let hand: HandClock
    let queue: ScriptedQueue
    let table: ScriptedTable
    let readiness = Readiness()
    let liveness: Liveness
    let log = LogLines()
    let parts: PipelineParts
    var settings: PipelineSettings { parts.settings }

    init(
        hand: HandClock = HandClock(), queue: ScriptedQueue? = nil, table: ScriptedTable = ScriptedTable(),
        settings: PipelineSettings = PipelineSettings(workers: 4)
    ) {
        self.hand = hand
        liveness = Liveness(now: { hand.now })
        self.queue = queue ?? ScriptedQueue(hand)
        self.table = table
        parts = PipelineParts(
            settings: settings, queue: self.queue, table: table, visibilityTimeout: self.queue.visibilityTimeout,
            conditions: Conditions(queue: "beacons", table: "items", readiness: readiness, logger: log.logger()),
            liveness: liveness, logger: log.logger(), clock: hand.clock,
            makeProcessor: { ScriptedProcessing() })
    }

    /// Runs the store alone while `body` works.
    func withStore(_ body: @Sendable (Store) async -> Void) async {
        await withTaskGroup { group in
            group.addTask { await parts.store.run() }
            await body(parts.store)
            parts.store.close()
        }
    }

    /// Runs the whole pipeline until `body` ends, then drains it while time passes.
    func withPipeline(_ body: @Sendable () async throws -> Void) async rethrows {
        let stop = Channel<Void>()
        let isDone = SharedCount(0)
        let running = Task {
            await Pipeline(settings: settings, parts: parts).run { _ = await stop.receive() }
            isDone.value = 1
        }
        do {
            try await body()
        } catch {
            stop.close()
            await hand.run { isDone.value == 1 }
            throw error
        }
        stop.close()
        await hand.run { isDone.value == 1 }
        await running.value
    }
}
