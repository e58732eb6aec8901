import AWSCore
import NIOCore

/// What a queue holds, as a value: every transition takes the time, so tests decide what time it is.
struct QueueState: Sendable {
    var settings: QueueSettings

    private let tag: UInt32
    private var slots: [Slot] = []
    private var freeSlots: [UInt32] = []
    private var visible = CircularBuffer<Reference>()
    private var hidden = Heap<Wakening>()
    private var random: SplitMix
    /// No message is older than this, so that a sweep for expired ones is seldom needed.
    private var oldest: Timestamp?

    private(set) var visibleCount = 0
    private(set) var inFlightCount = 0
    private(set) var delayedCount = 0

    /// The most messages that may be in flight (SQS developer guide, "Message quotas").
    static let inFlightLimit = 120_000

    init(settings: QueueSettings, tag: UInt32, seed: UInt64) {
        self.settings = settings
        self.tag = tag
        random = SplitMix(seed: seed)
    }

    private enum Phase {
        case visible, inFlight, delayed
    }

    private struct Slot {
        /// Counts the messages that this slot has held.
        var generation: UInt32 = 0
        var message: Message?
        var phase = Phase.visible
        /// Counts changes of visibility, so that outdated wakenings are recognised.
        var stamp: UInt32 = 0
    }

    private struct Reference {
        let slot: UInt32
        let generation: UInt32
    }

    private struct Wakening: Comparable {
        let at: Timestamp
        let reference: Reference
        let stamp: UInt32

        static func < (left: Wakening, right: Wakening) -> Bool { left.at < right.at }
        static func == (left: Wakening, right: Wakening) -> Bool { left.at == right.at }
    }

    // MARK: Transitions

    /// Adds a message, visible after `delay`.
    mutating func send(_ message: Message, delay: Duration, now: Timestamp) {
        let slot: UInt32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = UInt32(slots.count)
            slots.append(Slot())
        }
        slots[Int(slot)].message = message
        oldest = min(oldest ?? message.sentAt, message.sentAt)
        let reference = Reference(slot: slot, generation: slots[Int(slot)].generation)
        if delay > .zero {
            hide(reference, until: now + delay, as: .delayed)
            delayedCount += 1
        } else {
            show(reference)
        }
    }

    /// Hands out up to `limit` messages and hides them for `visibility`.
    ///
    /// - Returns: What was received, and what the redrive policy takes off the queue instead.
    mutating func receive(
        limit: Int, visibility: Duration, disorder: Disorder, now: Timestamp
    ) -> (deliveries: [Delivery], dead: [Message]) {
        wake(now)
        var deliveries: [Delivery] = []
        var dead: [Message] = []
        while deliveries.count < limit {
            if visible.count > 1, random.happens(disorder.reorder) {
                let other = Int.random(in: 0..<visible.count, using: &random)
                visible.swapAt(
                    visible.startIndex, visible.index(visible.startIndex, offsetBy: other))
            }
            guard let reference = visible.popFirst() else { break }
            let at = Int(reference.slot)
            guard slots[at].generation == reference.generation, var message = slots[at].message else { continue }
            if isExpired(message, now) {
                remove(reference)
                continue
            }
            if let redrive = settings.redrive, message.receiveCount >= redrive.maxReceiveCount {
                remove(reference)
                dead.append(message)
                continue
            }
            message.receiveCount += 1
            message.firstReceivedAt = message.firstReceivedAt ?? now
            message.receivedAt = now
            slots[at].message = message
            deliveries.append(
                Delivery(
                    message: message,
                    receiptHandle: ReceiptHandle(
                        slot: reference.slot, generation: reference.generation,
                        receipt: UInt32(message.receiveCount), queueTag: tag)))
            visibleCount -= 1
            // A duplicate comes after those that wait already, so that one receive does not bring it twice.
            if visibility > .zero && !random.happens(disorder.duplicate) {
                hide(reference, until: now + visibility, as: .inFlight)
                inFlightCount += 1
            } else {
                returning.append(reference)
            }
        }
        for reference in returning { show(reference) }
        returning.removeAll(keepingCapacity: true)
        return (deliveries, dead)
    }

    private var returning: [Reference] = []

    /// Deletes a message by its latest receipt; an older one, or one of a message already gone, changes nothing.
    ///
    /// - Returns: Whether the handle is one of this queue's.
    mutating func delete(_ handle: ReceiptHandle, disorder: Disorder) -> Bool {
        guard handle.queueTag == tag, Int(handle.slot) < slots.count else { return false }
        let slot = slots[Int(handle.slot)]
        guard slot.generation == handle.generation, let message = slot.message else { return true }
        guard message.receiveCount == handle.receipt, !random.happens(disorder.duplicate) else { return true }
        remove(Reference(slot: handle.slot, generation: handle.generation))
        return true
    }

    /// Why a visibility timeout was not changed.
    enum VisibilityRefusal: Error, Sendable {
        /// The handle is none of this queue's.
        case invalidHandle
        /// The message is gone, or was received again since.
        case gone
        /// The message is visible.
        case notInFlight
        /// It would be hidden for more than 12 hours since it was received.
        case beyondLimit
    }

    /// Hides a message in flight for `visibility` from now, or shows it at once where that is zero.
    mutating func changeVisibility(
        _ handle: ReceiptHandle, to visibility: Duration, now: Timestamp
    ) throws(VisibilityRefusal) {
        wake(now)
        guard handle.queueTag == tag, Int(handle.slot) < slots.count else { throw .invalidHandle }
        let slot = slots[Int(handle.slot)]
        guard slot.generation == handle.generation, let message = slot.message,
            message.receiveCount == handle.receipt
        else { throw .gone }
        guard slot.phase == .inFlight else { throw .notInFlight }
        if let receivedAt = message.receivedAt, now + visibility - receivedAt > .seconds(43_200) {
            throw .beyondLimit
        }
        let reference = Reference(slot: handle.slot, generation: handle.generation)
        if visibility > .zero {
            hide(reference, until: now + visibility, as: .inFlight)
        } else {
            inFlightCount -= 1
            show(reference)
        }
    }

    /// Shows what was hidden until now.
    mutating func wake(_ now: Timestamp) {
        while let next = hidden.first, next.at <= now {
            _ = hidden.removeFirst()
            let at = Int(next.reference.slot)
            guard slots[at].generation == next.reference.generation, slots[at].stamp == next.stamp else { continue }
            if slots[at].phase == .delayed { delayedCount -= 1 } else { inFlightCount -= 1 }
            show(next.reference)
        }
    }

    /// Removes what is older than the retention.
    mutating func expire(_ now: Timestamp) {
        wake(now)
        guard let oldest, now - oldest > settings.retention else { return }
        var remaining: Timestamp?
        for at in slots.indices {
            guard let message = slots[at].message else { continue }
            if isExpired(message, now) {
                remove(Reference(slot: UInt32(at), generation: slots[at].generation))
            } else {
                remaining = min(remaining ?? message.sentAt, message.sentAt)
            }
        }
        self.oldest = remaining
    }

    /// Removes everything.
    mutating func purge() {
        for at in slots.indices where slots[at].message != nil {
            remove(Reference(slot: UInt32(at), generation: slots[at].generation))
        }
        visible.removeAll()
        hidden.removeAll()
    }

    /// When the next hidden message becomes visible.
    var nextWake: Timestamp? { hidden.first?.at }

    // MARK: Steps

    private func isExpired(_ message: Message, _ now: Timestamp) -> Bool {
        now - message.sentAt > settings.retention
    }

    private mutating func show(_ reference: Reference) {
        slots[Int(reference.slot)].phase = .visible
        slots[Int(reference.slot)].stamp &+= 1
        visible.append(reference)
        visibleCount += 1
    }

    private mutating func hide(_ reference: Reference, until: Timestamp, as phase: Phase) {
        let at = Int(reference.slot)
        slots[at].phase = phase
        slots[at].stamp &+= 1
        hidden.insert(Wakening(at: until, reference: reference, stamp: slots[at].stamp))
    }

    private mutating func remove(_ reference: Reference) {
        let at = Int(reference.slot)
        switch slots[at].phase {
        case .visible: visibleCount -= 1
        case .inFlight: inFlightCount -= 1
        case .delayed: delayedCount -= 1
        }
        slots[at].message = nil
        slots[at].generation &+= 1
        slots[at].stamp &+= 1
        slots[at].phase = .visible
        freeSlots.append(reference.slot)
    }
}
