import AWSCore
import Locking
import NIOCore

/// A queue that many connections use at once: its state, and the long polls that wait on it.
final class SQSQueue: Sendable {
    let name: String
    let arn: String
    let createdAt: Timestamp
    private let meter: Meter
    private let clock: @Sendable () -> Timestamp
    /// Finds the queue that dead messages go to.
    private let deadLetterQueue: @Sendable (String) -> SQSQueue?
    private let guarded: Guarded<Contents>

    private struct Contents: Sendable {
        var state: QueueState
        var waiting: [LongPoll] = []
        var scheduledWake: Timestamp?
        var modifiedAt: Timestamp
        var purgedAt: Timestamp?
    }

    init(
        name: String, arn: String, settings: QueueSettings, tag: UInt32, seed: UInt64, meter: Meter,
        clock: @escaping @Sendable () -> Timestamp, deadLetterQueue: @escaping @Sendable (String) -> SQSQueue?
    ) {
        self.name = name
        self.arn = arn
        self.meter = meter
        self.clock = clock
        self.deadLetterQueue = deadLetterQueue
        createdAt = clock()
        guarded = Guarded(
            Contents(state: QueueState(settings: settings, tag: tag, seed: seed), modifiedAt: clock()))
    }

    var settings: QueueSettings {
        guarded.withLock { $0.state.settings }
    }

    /// Adds messages, each with its own delay, and hands them to who waits.
    func send(_ messages: [(message: Message, delay: Duration)]) {
        let now = clock()
        guarded.withLock { guarded in
            for (message, delay) in messages {
                guarded.state.send(message, delay: delay, now: now)
            }
        }
        settle()
    }

    /// Hands out what is there, without waiting.
    func receive(limit: Int, visibility: Duration, disorder: Disorder) throws -> [Delivery] {
        let now = clock()
        let (deliveries, dead) = try guarded.withLock { guarded in
            if guarded.state.inFlightCount >= QueueState.inFlightLimit {
                throw ServiceError.sqs(.overLimit, "Too many messages in flight: the limit is 120000.")
            }
            return guarded.state.receive(limit: limit, visibility: visibility, disorder: disorder, now: now)
        }
        bury(dead)
        return deliveries
    }

    /// Deletes by a receipt handle.
    ///
    /// - Returns: Whether the handle is one of this queue's.
    func delete(_ handle: ReceiptHandle, disorder: Disorder) -> Bool {
        guarded.withLock { $0.state.delete(handle, disorder: disorder) }
    }

    func changeVisibility(_ handle: ReceiptHandle, to visibility: Duration) throws(QueueState.VisibilityRefusal) {
        let now = clock()
        let refusal = guarded.withLock { guarded -> QueueState.VisibilityRefusal? in
            do throws(QueueState.VisibilityRefusal) {
                try guarded.state.changeVisibility(handle, to: visibility, now: now)
                return nil
            } catch {
                return error
            }
        }
        if let refusal { throw refusal }
        settle()
    }

    func set(_ settings: QueueSettings) {
        let now = clock()
        guarded.withLock {
            $0.state.settings = settings
            $0.modifiedAt = now
        }
    }

    /// Removes every message; refused within 60 seconds of the last time, as AWS does.
    func purge() -> Bool {
        let now = clock()
        return guarded.withLock { guarded in
            if let last = guarded.purgedAt, now - last < .seconds(60) { return false }
            guarded.purgedAt = now
            guarded.state.purge()
            return true
        }
    }

    /// What the queue holds now: counts, and when it was last changed.
    func depth() -> (visible: Int, inFlight: Int, delayed: Int, modifiedAt: Timestamp) {
        let now = clock()
        return guarded.withLock { guarded in
            guarded.state.expire(now)
            return (
                guarded.state.visibleCount, guarded.state.inFlightCount, guarded.state.delayedCount,
                guarded.modifiedAt
            )
        }
    }

    // MARK: Long polls

    /// Lets a long poll wait; it may be answered at once.
    func join(_ poll: LongPoll) {
        guarded.withLock { $0.waiting.append(poll) }
        settle()
    }

    /// Takes a long poll off the queue.
    ///
    /// - Returns: Whether it was still waiting; if not, its messages are on the way.
    func leave(_ poll: LongPoll) -> Bool {
        guarded.withLock { guarded in
            guard let at = guarded.waiting.firstIndex(where: { $0 === poll }) else { return false }
            guarded.waiting.remove(at: at)
            return true
        }
    }

    /// Hands visible messages to who waits, first come, first served, and sets an alarm for the next that becomes
    /// visible.
    private func settle() {
        let now = clock()
        var dead: [Message] = []
        var served: [(LongPoll, [Delivery])] = []
        let alarm = guarded.withLock { guarded -> (Timestamp, LongPoll)? in
            guard !guarded.waiting.isEmpty else { return nil }
            guarded.state.wake(now)
            while let poll = guarded.waiting.first, guarded.state.visibleCount > 0 {
                let received = guarded.state.receive(
                    limit: poll.limit, visibility: poll.visibility, disorder: poll.disorder, now: now)
                dead += received.dead
                if received.deliveries.isEmpty { break }
                guarded.waiting.removeFirst()
                served.append((poll, received.deliveries))
            }
            guard let poll = guarded.waiting.first, let next = guarded.state.nextWake else { return nil }
            if let scheduled = guarded.scheduledWake, scheduled > now, scheduled <= next { return nil }
            guarded.scheduledWake = next
            return (next, poll)
        }
        for (poll, deliveries) in served { poll.deliver(deliveries) }
        bury(dead)
        if let (next, poll) = alarm {
            let pause = max(next - now, .milliseconds(1))
            poll.eventLoop.scheduleTask(in: TimeAmount(pause)) {
                self.guarded.withLock { $0.scheduledWake = nil }
                self.settle()
            }
        }
    }

    private func bury(_ dead: [Message]) {
        guard !dead.isEmpty, let target = settings.redrive?.deadLetterTargetArn else { return }
        meter.update { $0.messagesDead += dead.count }
        deadLetterQueue(target)?.send(dead.map { ($0, .zero) })
    }
}
