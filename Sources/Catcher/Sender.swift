import AWSCore
import Logging
import NIOCore

/// 3. Sends messages to the queue and says of each, once, whether it is durable.
///
/// Several calls are in flight; what gathers meanwhile shares the next one. A message that failed is sent again, with
/// the same bytes, for as long as its beacons wait; those beside it in the call are settled at once. With a spool, what
/// the queue refuses or does not take soon goes there, and counts as durable once it is on disk; while the spool takes
/// nothing, all is as without one.
// @unchecked Sendable: all that changes is read and written on `loop` only.
final class Sender: @unchecked Sendable {
    private let sink: any MessageSink
    private let overflow: Overflow?
    private let loop: any EventLoop
    private let options: Options
    private let metrics: CatcherMetrics
    private let logger: Logger
    private let settled: @Sendable (PackedMessage, Refusal?) -> Void
    private var waiting = CircularBuffer<Delivery>()
    private var calls = 0
    /// Calls of which every message is settled: they may still find that the queue has taken what is in the spool.
    private var abandoned = 0
    private var unsettled = 0
    private var failures = 0
    /// Calls in flight that began while ``isAsking``.
    private var questions = 0
    private var isPausing = false
    private var idleCallbacks: [@Sendable () -> Void] = []

    /// - Parameters:
    ///   - sink: What takes the messages.
    ///   - overflow: Where messages go that the queue does not take; without one their beacons are answered 503.
    ///   - loop: The event loop that all of this runs on.
    ///   - options: Times and numbers.
    ///   - metrics: Hears what became of the messages.
    ///   - logger: Hears of messages that are refused for good.
    ///   - settled: Called once a message, on `loop`: durable, or refused and why.
    init(
        sink: any MessageSink, overflow: Overflow? = nil, loop: any EventLoop, options: Options,
        metrics: CatcherMetrics, logger: Logger, settled: @escaping @Sendable (PackedMessage, Refusal?) -> Void
    ) {
        self.sink = sink
        self.overflow = overflow
        self.loop = loop
        self.options = options
        self.metrics = metrics
        self.logger = logger
        self.settled = settled
    }

    /// Takes a message; any thread may call.
    func send(_ message: PackedMessage) {
        if loop.inEventLoop {
            take(message)
        } else {
            loop.execute { self.take(message) }
        }
    }

    /// Calls back, on the loop, when no message is unsettled.
    func whenIdle(_ callback: @escaping @Sendable () -> Void) {
        loop.execute {
            self.idleCallbacks.append(callback)
            self.checkIdle()
        }
    }

    private func take(_ message: PackedMessage) {
        let delivery = Delivery(message)
        unsettled += 1
        let box = NIOLoopBound(delivery, eventLoop: loop)
        let end = message.openedAt + options.ackTimeout.timeAmount
        delivery.timeout = loop.scheduleTask(deadline: end) { self.expire(box.value) }
        if let overflow {
            if overflow.isCutOff {
                spool(delivery)
                return
            }
            let latest = end - options.spoolTime.timeAmount
            delivery.overflow = loop.scheduleTask(deadline: min(loop.now + options.spoolAfter.timeAmount, latest)) {
                self.spool(box.value)
            }
        }
        line(up: delivery)
        pump()
    }

    // MARK: Calls

    private func pump() {
        while !isPausing && calls < options.calls && (!isAsking || questions < 2) {
            let deliveries = nextBatch()
            if deliveries.isEmpty { return }
            start(Call(deliveries, isQuestion: isAsking))
        }
    }

    /// Whether two calls in a row have failed whole. From then on, until something is taken, two calls at a time ask
    /// whether the queue is back, of which one may hang: more would only lie in memory, and in the queue's way later.
    private var isAsking: Bool { failures > 1 }

    /// Takes what shares a call, oldest first: at most 10 messages and 1 MiB.
    private func nextBatch() -> [Delivery] {
        var batch: [Delivery] = []
        var size = 0
        while let next = waiting.first, batch.count < sqsMaxBatchEntries {
            if !next.isSettled && !next.isSpooled {
                size += next.message.bytes.count
                if size > sqsMaxBatchSize.bytes { break }
                batch.append(next)
            }
            waiting.removeFirst()
            next.isWaiting = false
        }
        return batch
    }

    private func start(_ call: Call) {
        calls += 1
        if call.isQuestion { questions += 1 }
        for delivery in call.deliveries { delivery.call = call }
        let messages = call.deliveries.map(\.message)
        let box = NIOLoopBound(call, eventLoop: loop)
        call.task = Task { [sink, loop] in
            let outcomes = await sink.send(messages)
            loop.execute { self.finish(box.value, outcomes) }
        }
    }

    /// Makes room for another call.
    private func leave(_ call: Call) {
        calls -= 1
        if call.isQuestion { questions -= 1 }
    }

    private func finish(_ call: Call, _ outcomes: [SinkOutcome]) {
        // They hold each other.
        for delivery in call.deliveries where delivery.call === call { delivery.call = nil }
        // A call that was given up has left the count already.
        guard call.task != nil else { return }
        call.task = nil
        if call.isAbandoned { abandoned -= 1 } else { leave(call) }
        var again: [Delivery] = []
        for (delivery, outcome) in zip(call.deliveries, outcomes) {
            switch outcome {
            case .accepted: accepted(delivery)
            case .failed where !delivery.isSettled && !delivery.isSpooled: again.append(delivery)
            case .cutOff where !delivery.isSettled:
                delivery.isCutOff = true
                if overflow == nil { settle(delivery, .queueRefuses) } else { spool(delivery) }
            case .refused(let reason) where !delivery.isSettled: refuse(delivery, reason)
            case .failed, .cutOff, .refused: break
            }
        }
        if outcomes.contains(.accepted) { failures = 0 }
        if again.isEmpty {
            pump()
        } else {
            retry(again, isWhole: again.count == call.deliveries.count)
        }
    }

    /// Sends messages again after a wait. Where a whole call failed, the others wait with them: they would fail too.
    private func retry(_ deliveries: [Delivery], isWhole: Bool) {
        // The client has tried as often as it may.
        let isForSpool = isWhole && overflow != nil
        if isForSpool { for delivery in deliveries where delivery.spoolError == nil { spool(delivery) } }
        if isForSpool && deliveries.allSatisfy({ $0.isSpooled }) {
            pump()
        } else if isWhole {
            sendFirst(deliveries)
            failures += 1
            if isPausing { return }
            isPausing = true
            loop.scheduleTask(in: backoff(failures).timeAmount) {
                self.isPausing = false
                self.pump()
            }
        } else {
            let box = NIOLoopBound(deliveries, eventLoop: loop)
            loop.scheduleTask(in: backoff(1).timeAmount) {
                self.sendFirst(box.value)
                self.pump()
            }
            pump()
        }
    }

    private func sendFirst(_ deliveries: [Delivery]) {
        for delivery in deliveries.reversed() { line(up: delivery, first: true) }
    }

    /// Puts a message in line for a call, once.
    private func line(up delivery: Delivery, first: Bool = false) {
        if delivery.isWaiting || delivery.call != nil || delivery.isSettled || delivery.isSpooled { return }
        delivery.isWaiting = true
        if first { waiting.prepend(delivery) } else { waiting.append(delivery) }
    }

    private func backoff(_ failures: Int) -> Duration {
        let longest = min(options.maxBackoff, options.backoff * (1 << min(failures - 1, 16)))
        return longest * options.random()
    }

    // MARK: Outcomes

    private func accepted(_ delivery: Delivery) {
        if let place = delivery.place {
            overflow?.remove(place)
        } else if !delivery.isSettled {
            settle(delivery, nil)
        }
        // One that is being stored is removed when it has been.
        delivery.isAccepted = true
    }

    private func expire(_ delivery: Delivery) {
        if delivery.isSettled { return }
        if overflow != nil && !delivery.isLate {
            delivery.isLate = true
            let box = NIOLoopBound(delivery, eventLoop: loop)
            delivery.timeout = loop.scheduleTask(in: options.spoolTime.timeAmount) { self.expire(box.value) }
            spool(delivery)
            return
        }
        settle(delivery, delivery.refusal)
        abandonCall(of: delivery)
    }

    /// A call that nobody waits for any more makes room for another.
    private func abandonCall(of delivery: Delivery) {
        guard let call = delivery.call, let task = call.task, !call.isAbandoned,
            call.deliveries.allSatisfy({ $0.isSettled })
        else { return }
        leave(call)
        call.isAbandoned = true
        abandoned += 1
        // What it would tell spares sending a spooled message again; but only so many are worth waiting for.
        if overflow == nil || abandoned > options.calls {
            abandoned -= 1
            call.task = nil
            task.cancel()
        }
        pump()
    }

    /// Hands a message to the spool.
    private func spool(_ delivery: Delivery) {
        guard let overflow, !delivery.isSettled, !delivery.isSpooled else { return }
        delivery.isSpooled = true
        let box = NIOLoopBound(delivery, eventLoop: loop)
        overflow.store(delivery.message) { self.stored(box.value, $0) }
    }

    private func stored(_ delivery: Delivery, _ result: Result<SpoolPlace, SpoolError>) {
        switch result {
        case .success(let place) where delivery.isAccepted:
            overflow?.remove(place)
        case .success(let place):
            delivery.place = place
            if !delivery.isSettled { settle(delivery, nil, isSpooled: true) }
        case .failure(let error):
            if delivery.isSettled { break }
            delivery.isSpooled = false
            delivery.spoolError = error
            if delivery.isCutOff || delivery.isLate {
                settle(delivery, delivery.refusal)
            } else {
                // The queue may still take it.
                line(up: delivery)
                pump()
            }
        }
        abandonCall(of: delivery)
    }

    private func refuse(_ delivery: Delivery, _ reason: String) {
        let message = delivery.message
        metrics.countRefusedMessage()
        logger.error(
            "the queue refuses a message for good",
            metadata: [
                "message": "\(message.id)", "reason": "\(reason)",
                "beacons": "\(overflow == nil ? "answered 503" : "set aside in the spool")",
            ])
        guard let overflow else {
            settle(delivery, .queueRefuses)
            return
        }
        delivery.isSpooled = true
        let box = NIOLoopBound(delivery, eventLoop: loop)
        overflow.setAside(message, because: reason) { error in
            let delivery = box.value
            delivery.spoolError = error
            if !delivery.isSettled { self.settle(delivery, error == nil ? nil : delivery.refusal, isSpooled: true) }
        }
    }

    private func settle(_ delivery: Delivery, _ refusal: Refusal?, isSpooled: Bool = false) {
        let message = delivery.message
        delivery.isSettled = true
        delivery.timeout?.cancel()
        delivery.timeout = nil
        delivery.overflow?.cancel()
        delivery.overflow = nil
        unsettled -= 1
        if refusal == nil {
            metrics.countBeacons(message.beacons, isSpooled ? .spooled : .queued)
            metrics.recordAcknowledged(message, after: loop.now - message.openedAt)
        } else {
            metrics.countBeacons(message.beacons, .unavailable)
        }
        settled(message, refusal)
        checkIdle()
    }

    private func checkIdle() {
        guard unsettled == 0 else { return }
        let callbacks = idleCallbacks
        idleCallbacks = []
        for callback in callbacks { callback() }
    }
}
