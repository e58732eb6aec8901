import AWSCore
import Logging
import Operations

/// What `worker run` does once its process is set up: reaches for queue and table, runs the pipeline, watches the
/// backlog.
struct WorkerService: Sendable {
    let settings: PipelineSettings
    let queue: any MessageQueue
    let table: any ItemTable
    let conditions: Conditions
    let readiness: Readiness
    let liveness: Liveness
    let registry: MetricsRegistry
    let logger: Logger
    let clock: WorkerClock
    let makeProcessor: @Sendable () -> any Processing

    /// How long a queue hides a received message that does not say so. Source: Amazon SQS API Reference,
    /// "CreateQueue", `VisibilityTimeout`.
    static let defaultVisibilityTimeout = Duration.seconds(30)

    /// Works until asked to stop, then finishes what was taken.
    ///
    /// - Parameter stop: Returns when the worker is to stop; may be called several times.
    func run(until stop: @escaping @Sendable () async -> Void) async {
        // Before anything is reached: nothing in hand, and a backlog that nobody knows.
        let backlog = SharedCount(-1)
        registry.gauge("worker_backlog") { Double(backlog.value) }
        registry.gauge("worker_in_flight") { 0 }
        registry.gauge("worker_idle") { [workers = settings.workers] in Double(workers) }
        guard let attributes = await reachDependencies(until: stop) else { return }
        backlog.value = attributes.depth ?? -1
        let parts = PipelineParts(
            settings: settings, queue: queue, table: table,
            visibilityTimeout: attributes.visibilityTimeout ?? Self.defaultVisibilityTimeout, conditions: conditions,
            liveness: liveness, logger: logger, clock: clock, makeProcessor: makeProcessor)
        registry.gauge("worker_in_flight") { [hand = parts.hand] in Double(hand.count) }
        registry.gauge("worker_idle") { [busy = parts.busyWorkers, workers = settings.workers] in
            Double(workers - busy.value)
        }
        let watching = Task { await watchQueue(backlog, parts.hand) }
        await Pipeline(settings: settings, parts: parts).run(until: stop)
        watching.cancel()
        await watching.value
    }

    /// Tries until queue and table are there.
    ///
    /// - Returns: What the queue says of itself; `nil` if it is to stop first.
    private func reachDependencies(until stop: @escaping @Sendable () async -> Void) async -> QueueAttributes? {
        let persistence = Persistence(readiness: readiness, logger: logger)
        return await withTaskGroup(of: QueueAttributes?.self) { group in
            group.addTask {
                await stop()
                return nil
            }
            group.addTask {
                async let attributes = persistence.reach("queue") {
                    try await reachQueue()
                } explain: {
                    conditions.trouble(.queue, $0)
                }
                async let probed: Void = persistence.reach("table") {
                    try await table.probe()
                } explain: {
                    conditions.trouble(.table, $0)
                }
                return try? await (attributes, probed).0
            }
            let attributes = await group.next() ?? nil
            group.cancelAll()
            return attributes
        }
    }

    private func reachQueue() async throws(AWSError) -> QueueAttributes {
        do throws(AWSError) {
            return try await queue.attributes()
        } catch {
            // Whoever may receive need not be allowed to ask for attributes: the first poll tells.
            guard error.operation == "GetQueueAttributes", error.category == .refused, error.status != nil else {
                throw error
            }
            return QueueAttributes()
        }
    }

    /// Asks every half minute how many messages wait, for autoscaling, and how long a message is hidden.
    private func watchQueue(_ backlog: SharedCount, _ hand: MessagesInHand) async {
        while !Task.isCancelled {
            try? await clock.sleep(.seconds(30))
            guard !Task.isCancelled else { return }
            let attributes = (try? await queue.attributes()) ?? QueueAttributes()
            backlog.value = attributes.depth ?? -1
            if let visibilityTimeout = attributes.visibilityTimeout { hand.visibilityTimeout = visibilityTimeout }
        }
    }
}
