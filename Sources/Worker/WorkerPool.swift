import AWSCore
import Beacons
import Channels
import CoreMetrics
import Operations

/// Turns messages into items. Keeps a parser and buffers: for one message at a time.
protocol Processing {
    /// The items of a message, a pure function of it: a slice of them, from the one with that number on.
    func process(_ message: SQSMessage, from: Int) -> Processed

    /// The quarantine items of a message whose items the table refuses for what they are; of those the keys are enough.
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
        var message = ProcessedMessage()
        var refused: [(item: Item, reason: String)] = []
        var next: Int? = 0
        while let from = next {
            switch await storeSlice(of: job, from: from) {
            case .unknown: return await returner.giveBack(job, after: Self.delay(ofUnknown: job.message))
            case .abandoned: return await returner.giveBack(job)
            case .settled(let slice, let refusals):
                message = slice
                refused += refusals
                next = slice.next
            }
        }
        if !refused.isEmpty {
            heartbeat.beat()
            let items = processors.use { $0.quarantine(job.message, refused: refused) }
            heartbeat.rest()
            guard await isQuarantined(items) else { return await returner.giveBack(job) }
        }
        try? await done.send(job.id)
        room.leave(job.size)
        count(message, refusedEvents: refused.count { $0.item.kind == .event }, since: job.receivedAt)
    }

    private enum Slice {
        /// Every item is written but these. The message without its items, the items without their JSON.
        case settled(ProcessedMessage, refused: [(item: Item, reason: String)])
        /// The write was given up.
        case abandoned
        /// The message is for a newer worker.
        case unknown
    }

    /// Makes a slice of a message's items, nearly always all of them, and has it stored.
    private func storeSlice(of job: Job, from: Int) async -> Slice {
        await space.reserve(job.size)
        heartbeat.beat()
        let processed = processors.use { $0.process(job.message, from: from) }
        heartbeat.rest()
        guard case .items(var message) = processed else {
            space.give(job.size)
            return .unknown
        }
        let items = message.items
        message.items = []
        let size = space.settle(job.size, with: items)
        defer { space.give(size) }
        switch await store.write(items) {
        case .written: return .settled(message, refused: [])
        case .abandoned: return .abandoned
        case .refused(let refusals):
            let refused = refusals.map { refusal in
                (item: items[refusal.position].bare, reason: "\(refusal.error.code): \(refusal.error.message)")
            }
            return .settled(message, refused: refused)
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
