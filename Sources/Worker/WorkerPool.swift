import AWSCore
import Beacons
import Channels
import CoreMetrics
import Operations

/// Turns messages into items. Keeps a parser and buffers: for one message at a time.
protocol Processing {
    /// The items of a message, a pure function of it.
    func process(_ message: SQSMessage) -> Processed

    /// The quarantine items of a message whose items the table refuses for what they are.
    func quarantine(_ message: SQSMessage, refused: [(item: Item, reason: String)]) -> [Item]
}

/// 6: a worker offers its own channel when it is idle, reads its next message from it, turns it into items, has them
/// stored, tells the dequeuer, and offers its channel again.
struct Worker: Sendable {
    let workerQueue: Channel<Channel<Job>>
    let processors: ProcessorPool
    let store: Store
    let done: Channel<MessageID>
    let returner: Returner
    let room: Room
    let space: ItemSpace
    let conditions: Conditions
    let metrics: WorkerMetrics
    let clock: WorkerClock
    /// How many workers have a message.
    let busy: SharedCount
    let heartbeat: Heartbeat

    /// Works until its channel is closed.
    func run() async {
        let channel = Channel<Job>()
        try? await workerQueue.send(channel)
        for await job in channel {
            busy.add(1)
            await work(job)
            busy.add(-1)
            try? await workerQueue.send(channel)
        }
    }

    private func work(_ job: Job) async {
        await space.reserve(job.size)
        heartbeat.beat()
        let processed = processors.use { $0.process(job.message) }
        heartbeat.rest()
        guard case .items(let message) = processed else {
            space.give(job.size)
            return await returner.giveBack(job, after: Self.delay(ofUnknown: job.message))
        }
        let size = space.settle(job.size, with: message.items)
        let refused = await store(message.items, of: job)
        space.give(size)
        guard let refused else { return await returner.giveBack(job) }
        try? await done.send(job.id)
        room.leave(job.size)
        count(message, refusedEvents: refused, since: job.receivedAt)
    }

    /// Has every item written, or put into quarantine.
    ///
    /// - Returns: How many events the table refused; `nil` if the write was given up.
    private func store(_ items: [Item], of job: Job) async -> Int? {
        switch await store.write(items) {
        case .written: return 0
        case .abandoned: return nil
        case .refused(let refusals):
            let refused = refusals.map { (item: items[$0.position], reason: "\($0.error.code): \($0.error.message)") }
            let isKept = await isQuarantined(processors.use { $0.quarantine(job.message, refused: refused) })
            return isKept ? refused.count { $0.item.kind == .event } : nil
        }
    }

    private func isQuarantined(_ items: [Item]) async -> Bool {
        var attempt = 0
        while true {
            switch await store.write(items) {
            case .written: return true
            case .abandoned: return false
            case .refused(let refusals):
                // A table that does not even take quarantine has other keys or limits than it should: it refuses for
                // good, until someone mends it.
                room.pause()
                for refusal in refusals.prefix(1) { conditions.fail(.writing, refusal.error) }
                if room.isClosed { return false }
                attempt += 1
                try? await clock.sleep(clock.backoff(after: attempt))
            }
        }
    }

    /// How long a message that needs a newer worker stays away: longer each time, so that it neither keeps this one
    /// busy nor soon counts as received too often (the dead-letter queue takes it then).
    static func delay(ofUnknown message: SQSMessage) -> Duration {
        min(.seconds(1 << min(max(0, message.receiveCount - 1), 10)), .seconds(900))
    }

    private func count(_ message: ProcessedMessage, refusedEvents: Int, since receivedAt: Duration) {
        (message.isUnreadable ? metrics.messagesQuarantined : metrics.messagesDone).increment()
        metrics.eventsStored.increment(by: message.storedEvents - refusedEvents)
        metrics.eventsDuplicate.increment(by: message.duplicateEvents)
        metrics.eventsQuarantined.increment(by: message.quarantinedEvents + refusedEvents)
        metrics.messageSeconds.recordNanoseconds((clock.now() - receivedAt).nanoseconds)
    }
}
