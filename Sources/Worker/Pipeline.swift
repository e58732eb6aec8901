import AWSCore
import Channels
import Logging
import Operations

/// The way of a message through the worker, on one screen:
///
///     SQS -> 4 receivers -> buffer queue -> 5 dispatcher -> 6 workers -> 7 store -> DynamoDB
///                                               ^               |
///                                               +- worker queue-+-> 8 dequeuer -> SQS
///
/// The worker queue is a channel of channels: an idle worker offers its own, the dispatcher takes one and sends the
/// next message into it. Every box is a task on its own serial queue.
struct Pipeline: Sendable {
    let settings: PipelineSettings
    let parts: PipelineParts

    /// Works until asked to stop, then finishes what was taken.
    ///
    /// - Parameter stop: Returns when the pipeline is to stop.
    func run(until stop: @Sendable () async -> Void) async {
        let buffer = Channel<Job>(capacity: settings.workers + settings.bufferedMessages)
        let workerQueue = parts.workerQueue
        let helpers = Channel<Void>()
        let done = Channel<MessageID>(capacity: 100)
        let (room, returner, store) = (parts.room, parts.returner, parts.store)

        let first = stage("receiver 1", parts.receiver(buffer, helpers).run)
        let others = stages("receiver", 2..<settings.receivers + 1) { parts.receiver(buffer, helpers).help }
        let dispatcher = parts.dispatcher(buffer, workerQueue)
        let dispatching = stage("dispatcher", dispatcher.run)
        let working = stages("worker", 1..<settings.workers + 1) { parts.worker(workerQueue, done).run }
        let storing = stage("store", store.run)
        let dequeuing = stages("dequeuer", 1..<3) { parts.dequeuer(done).run }
        let returning = stage("returner", returner.run)
        let keeping = stage("visibility", parts.visibilityKeeper.run)

        await stop()
        room.close()  // no further poll begins
        buffer.close()  // nothing further is started: what is not, or comes with the polls in flight, goes back
        while let job = buffer.tryReceive() { await returner.giveBack(job) }
        for task in [first, dispatching] + others + working { await task.value }
        store.close()
        await storing.value
        done.close()
        for task in dequeuing { await task.value }
        returner.close()
        await returning.value
        keeping.cancel()
        await keeping.value
    }

    private func stage(_ name: String, _ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: QueueExecutor(label: name), operation: body)
    }

    private func stages(
        _ name: String, _ numbers: Range<Int>, _ makeBody: () -> @Sendable () async -> Void
    ) -> [Task<Void, Never>] {
        numbers.map { stage("\(name) \($0)", makeBody()) }
    }
}
