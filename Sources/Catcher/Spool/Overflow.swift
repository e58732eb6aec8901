import AWSCore
import Logging
import NIOCore

/// Takes to the spool what the queue does not take, and to the queue what is in the spool.
///
/// Messages that wait to be stored share a commit. The spool drains oldest first, beside the live messages; while that
/// fails, ``isCutOff`` says that live messages need not be tried.
// @unchecked Sendable: all that changes is read and written on `loop` only.
final class Overflow: @unchecked Sendable {
    struct Options: Sendable {
        /// Calls to the queue in flight.
        var calls = 4
        /// The wait after a first failure; it doubles with each further one.
        var backoff: Duration = .milliseconds(100)
        /// The longest wait after a failure.
        var maxBackoff: Duration = .milliseconds(500)
    }

    private struct Arrival {
        let message: PackedMessage
        let done: (Result<SpoolPlace, SpoolError>) -> Void
    }

    private let spool: any Spool
    private let sink: any MessageSink
    private let loop: any EventLoop
    private let options: Options
    private let metrics: CatcherMetrics
    private let logger: Logger
    private var arrivals: [Arrival] = []
    private var isCommitting = false
    private var places = CircularBuffer<SpoolPlace>()
    private var calls = 0
    private var failures = 0
    private var isWaiting = false
    /// Places that the queue has taken and the disk has not forgotten yet.
    private var taken: [SpoolPlace] = []
    private var isRemoving = false
    private var isBroken = false
    private var isStopped = false

    /// - Parameters:
    ///   - spool: The messages on disk.
    ///   - sink: The queue.
    ///   - loop: The event loop that all of this runs on, the sender's.
    ///   - options: Times and numbers.
    ///   - metrics: Hears of messages that are refused for good.
    ///   - logger: Hears what a person should know.
    init(
        spool: any Spool, sink: any MessageSink, loop: any EventLoop, options: Options = .init(),
        metrics: CatcherMetrics, logger: Logger
    ) {
        self.spool = spool
        self.sink = sink
        self.loop = loop
        self.options = options
        self.metrics = metrics
        self.logger = logger
    }

    /// Whether the queue took nothing of the spool at the last try.
    var isCutOff: Bool { failures > 0 && !(places.isEmpty && calls == 0) }

    /// Whether no call is in flight.
    var isResting: Bool { calls == 0 }

    /// Takes up what an earlier process has left. Any thread may call.
    func resume() {
        Task {
            guard let places = try? await spool.places() else { return }
            loop.execute {
                self.places.append(contentsOf: places)
                self.drain()
            }
        }
    }

    /// Takes nothing more to the queue: what is in the spool is left to the next process.
    func stop() {
        isStopped = true
    }

    // MARK: To the spool

    /// Stores a message.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - done: Told, on the loop, that it is on disk, or why not.
    func store(_ message: PackedMessage, _ done: @escaping (Result<SpoolPlace, SpoolError>) -> Void) {
        arrivals.append(Arrival(message: message, done: done))
        commit()
    }

    /// Stores all that waits, in one commit.
    private func commit() {
        if isCommitting || arrivals.isEmpty { return }
        isCommitting = true
        // What one commit holds stays in memory twice for its time.
        let batch = Array(arrivals.prefix(64))
        arrivals.removeFirst(batch.count)
        let messages = batch.map(\.message)
        let box = NIOLoopBound(batch, eventLoop: loop)
        Task { [spool, loop] in
            let result = await Result { () async throws(SpoolError) in try await spool.store(messages) }
            loop.execute { self.committed(box.value, result) }
        }
    }

    private func committed(_ batch: [Arrival], _ result: Result<[SpoolPlace], SpoolError>) {
        isCommitting = false
        switch result {
        case .success(let stored):
            isBroken = false
            places.append(contentsOf: stored)
            for (arrival, place) in zip(batch, stored) { arrival.done(.success(place)) }
        case .failure(let error):
            say(error)
            for arrival in batch { arrival.done(.failure(error)) }
        }
        commit()
        drain()
    }

    private func say(_ error: SpoolError) {
        if case .full = error { return }
        if !isBroken { logger.error("beacons cannot be spooled", metadata: ["reason": "\(error)"]) }
        isBroken = true
    }

    /// The queue has taken a message after all that is in the spool.
    func remove(_ place: SpoolPlace) {
        if let index = places.firstIndex(of: place) { places.remove(at: index) }
        taken.append(place)
        removeTaken()
    }

    /// Forgets what the queue has taken, in one commit. A disk that refuses is asked again; that stops nothing else.
    private func removeTaken() {
        if isRemoving || taken.isEmpty { return }
        isRemoving = true
        let batch = taken
        taken = []
        Task { [spool, loop] in
            let result = await Result { () async throws(SpoolError) in try await spool.remove(batch) }
            loop.execute { self.removed(batch, result) }
        }
    }

    private func removed(_ batch: [SpoolPlace], _ result: Result<Void, SpoolError>) {
        guard case .failure(let error) = result else {
            isRemoving = false
            removeTaken()
            return
        }
        say(error)
        taken = batch + taken
        loop.scheduleTask(in: options.maxBackoff.timeAmount) {
            self.isRemoving = false
            self.removeTaken()
        }
    }

    /// Keeps a message that the queue refuses for good.
    func setAside(_ message: PackedMessage, because reason: String, _ done: @escaping (SpoolError?) -> Void) {
        let box = NIOLoopBound(done, eventLoop: loop)
        Task { [spool, loop] in
            let result = await Result { () async throws(SpoolError) in
                try await spool.setAside(message, from: nil, because: reason)
            }
            loop.execute {
                if case .failure(let error) = result { box.value(error) } else { box.value(nil) }
            }
        }
    }

    // MARK: From the spool

    private func drain() {
        // One call tells whether the queue is back; then as many as may be.
        while !isStopped && !isWaiting && !places.isEmpty && calls < (failures > 0 ? 1 : options.calls) {
            let claimed = Array(places.prefix(sqsMaxBatchEntries))
            places.removeFirst(claimed.count)
            calls += 1
            Task { [self] in
                let sending = await send(claimed)
                loop.execute { self.sent(sending) }
            }
        }
    }

    /// What became of messages of the spool.
    private struct Sending {
        var taken: [SpoolPlace] = []
        var left: [SpoolPlace] = []
        var isQueueFailing = false
        var isDiskFailing = false
    }

    /// Sends messages of the spool.
    private func send(_ claimed: [SpoolPlace]) async -> Sending {
        var sending = Sending()
        do throws(SpoolError) {
            let found = try await spool.read(claimed)
            // What did not fit into the call; what is not there any more is forgotten.
            if let last = found.last { sending.left = claimed.filter { $0 > last.place } }
            if found.isEmpty { return sending }
            let outcomes = await sink.send(found.map(\.message))
            for ((place, message), outcome) in zip(found, outcomes) {
                switch outcome {
                case .accepted: sending.taken.append(place)
                case .failed, .cutOff:
                    sending.left.append(place)
                    sending.isQueueFailing = true
                case .refused(let reason):
                    metrics.countRefusedMessage()
                    logger.error(
                        "the queue refuses a spooled message for good; it is set aside",
                        metadata: ["message": "\(message.id)", "reason": "\(reason)"])
                    try await spool.setAside(message, from: place, because: reason)
                }
            }
        } catch {
            let settled = Set(sending.taken)
            sending.left = claimed.filter { !settled.contains($0) }
            sending.isDiskFailing = true
        }
        return sending
    }

    private func sent(_ sending: Sending) {
        calls -= 1
        for place in sending.left.sorted().reversed() { places.prepend(place) }
        taken += sending.taken
        removeTaken()
        failures = sending.isQueueFailing ? failures + 1 : 0
        guard sending.isQueueFailing || sending.isDiskFailing else {
            drain()
            return
        }
        if isWaiting { return }
        isWaiting = true
        let pause = min(options.maxBackoff, options.backoff * (1 << min(max(0, failures - 1), 16)))
        loop.scheduleTask(in: pause.timeAmount) {
            self.isWaiting = false
            self.drain()
        }
    }
}

extension Result {
    /// The outcome of an asynchronous function.
    init(_ body: () async throws(Failure) -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
