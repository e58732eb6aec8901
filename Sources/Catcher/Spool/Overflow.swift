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
        /// The wait until what the disk does not give is asked for again.
        var rereading: Duration = .seconds(60)
    }

    private struct Arrival {
        let message: PackedMessage
        let done: (Result<SpoolPlace, SpoolError>) -> Void
    }

    private let spool: any Spool
    private let call: SpoolCall
    private let loop: any EventLoop
    private let options: Options
    private let logger: Logger
    private var arrivals: [Arrival] = []
    private var isCommitting = false
    private var line = PlaceLine()
    private var calls = 0
    private var failures = 0
    private var isWaiting = false
    /// Places that the queue has taken and the disk has not forgotten yet.
    private var taken: [SpoolPlace] = []
    private var isRemoving = false
    /// Places that the disk does not give, until they are tried again.
    private var unreadable: [SpoolPlace] = []
    private var saidUnreadable: Set<SpoolPlace> = []
    private var isBroken = false
    private var isUnreadable = false
    private var isStopped = false
    private var restCallbacks: [@Sendable () -> Void] = []

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
        self.loop = loop
        self.options = options
        self.logger = logger
        call = SpoolCall(spool: spool, sink: sink, metrics: metrics, logger: logger)
    }

    /// Whether the queue took nothing of the spool at the last try.
    var isCutOff: Bool { failures > 0 && !(line.isEmpty && calls == 0) }

    /// Takes up what an earlier process has left, for as long as it takes to hear of it. Any thread may call.
    func resume() {
        Task {
            let result = await Result { () async throws(SpoolError) in try await spool.places() }
            loop.execute { self.found(result) }
        }
    }

    private func found(_ result: Result<[SpoolPlace], SpoolError>) {
        if isStopped { return }
        switch result {
        case .success(let places):
            line.find(places)
            drain()
        case .failure(let error):
            sayUnreadable(error)
            loop.scheduleTask(in: options.maxBackoff.timeAmount) { self.resume() }
        }
    }

    /// Takes nothing more to the queue, and waits for the calls in flight and until the disk has forgotten what they
    /// told of: the next process would send it again. Any thread may call.
    ///
    /// - Parameter limit: How long it waits at most.
    func finish(within limit: Duration) async {
        await withCheckedContinuation { continuation in
            loop.execute {
                self.isStopped = true
                let end = NIOLoopBoundBox<CheckedContinuation<Void, Never>?>(continuation, eventLoop: self.loop)
                let finish: @Sendable () -> Void = {
                    end.value?.resume()
                    end.value = nil
                }
                self.restCallbacks.append(finish)
                self.loop.scheduleTask(in: limit.timeAmount) { finish() }
                self.checkRest()
            }
        }
    }

    private func checkRest() {
        guard isStopped, calls == 0, !isCommitting, !isRemoving, taken.isEmpty else { return }
        let callbacks = restCallbacks
        restCallbacks = []
        for callback in callbacks { callback() }
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
            line.store(stored)
            for (arrival, place) in zip(batch, stored) { arrival.done(.success(place)) }
            for arrival in batch.dropFirst(stored.count) { arrival.done(.failure(.full)) }
        case .failure(let error):
            say(error)
            for arrival in batch { arrival.done(.failure(error)) }
        }
        commit()
        drain()
        checkRest()
    }

    private func say(_ error: SpoolError) {
        if case .full = error { return }
        if !isBroken { logger.error("beacons cannot be spooled", metadata: ["reason": "\(error)"]) }
        isBroken = true
    }

    private func sayUnreadable(_ error: SpoolError) {
        if !isUnreadable {
            logger.error("the spool's disk fails; what is there is kept, trying on", metadata: ["reason": "\(error)"])
        }
        isUnreadable = true
    }

    /// The queue has taken a message after all that is in the spool.
    func remove(_ place: SpoolPlace) {
        line.remove(place)
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
            checkRest()
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
        while !isStopped && !isWaiting && !line.isEmpty && calls < (failures > 0 ? 1 : options.calls) {
            let claimed = line.claim(sqsMaxBatchEntries)
            calls += 1
            Task { [call, loop] in
                let outcome = await call.send(claimed)
                loop.execute { self.sent(outcome) }
            }
        }
    }

    private func sent(_ outcome: SpoolCall.Outcome) {
        calls -= 1
        line.putBack(outcome.left)
        taken += outcome.taken
        removeTaken()
        keep(outcome.unreadable)
        // A queue that takes a part is there: only a call of which it takes nothing tells that it is cut off.
        let isCutOff = outcome.isQueueFailing && !outcome.isQueueThere
        if isCutOff { failures += 1 } else if outcome.isQueueThere { failures = 0 }
        if let error = outcome.diskError { sayUnreadable(error) } else if outcome.isQueueThere { isUnreadable = false }
        if isCutOff || outcome.diskError != nil { pause() } else { drain() }
        checkRest()
    }

    private func pause() {
        if isWaiting { return }
        isWaiting = true
        let pause = min(options.maxBackoff, options.backoff * (1 << min(max(0, failures - 1), 16)))
        loop.scheduleTask(in: pause.timeAmount) {
            self.isWaiting = false
            self.drain()
        }
    }

    /// Leaves on the disk what it does not give, says so once of each, and asks again later.
    private func keep(_ places: [SpoolPlace]) {
        if places.isEmpty { return }
        let new = places.filter { saidUnreadable.insert($0).inserted }
        if !new.isEmpty {
            logger.error(
                "messages of the spool cannot be read; the others are sent, these are kept and tried again",
                metadata: ["places": "\(new.map(String.init).joined(separator: " "))"])
        }
        if unreadable.isEmpty {
            loop.scheduleTask(in: options.rereading.timeAmount) {
                self.line.putBack(self.unreadable)
                self.unreadable = []
                self.drain()
            }
        }
        unreadable += places
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
