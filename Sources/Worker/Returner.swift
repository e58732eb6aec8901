import AWSCore
import Channels
import CoreMetrics
import Logging
import Operations

/// Gives messages back to the queue: hidden for zero seconds, or for a while.
struct Returner: Sendable {
    private struct Return: Sendable {
        let receiptHandle: String
        let visibilityTimeout: Duration
    }

    private let queue: any MessageQueue
    private let hand: MessagesInHand
    private let room: Room
    private let metrics: WorkerMetrics
    private let logger: Logger
    private let clock: WorkerClock
    private let heartbeat: Heartbeat
    private let returns = Channel<Return>(capacity: 64)

    init(
        queue: any MessageQueue, hand: MessagesInHand, room: Room, metrics: WorkerMetrics, logger: Logger,
        clock: WorkerClock, heartbeat: Heartbeat
    ) {
        self.queue = queue
        self.hand = hand
        self.room = room
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
        self.heartbeat = heartbeat
    }

    /// Lets go of a message; another may have it after `delay`.
    func giveBack(_ job: Job, after delay: Duration = .zero) async {
        room.leave(job.size)
        guard let receiptHandle = hand.release(job.id) else { return }
        metrics.messagesReturned.increment()
        try? await returns.send(Return(receiptHandle: receiptHandle, visibilityTimeout: delay))
    }

    /// Works until closed and drained.
    func run() async {
        while true {
            let batch = await returns.receive(
                upTo: sqsMaxBatchEntries, linger: .milliseconds(50), timer: clock.timer)
            if batch.isEmpty { return }
            heartbeat.beat()
            await giveBack(batch)
            heartbeat.rest()
        }
    }

    /// A few tries will do: a message that cannot be given back shows itself when its time is over.
    private func giveBack(_ batch: [Return]) async {
        var open = batch
        for attempt in 1...3 where !open.isEmpty {
            if attempt > 1 { try? await clock.sleep(clock.backoff(after: attempt)) }
            // Only those that failed again: what shows already may be in another's hand.
            if let failures = try? await queue.hide(open.map { ($0.receiptHandle, $0.visibilityTimeout) }) {
                open = zip(open, failures).filter { $1?.senderFault == false }.map(\.0)
            }
        }
        if open.isEmpty { return }
        logger.warning(
            "messages could not be given back and show when their visibility ends",
            metadata: ["messages": "\(open.count)"])
    }

    /// Takes no further returns.
    func close() {
        returns.close()
    }
}
