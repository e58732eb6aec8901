import Locking
import Logging
import Operations
import Synchronization
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A clock that stands still until it is let go; then every sleep ends.
final class HeldClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    let sleeps: AsyncStream<Duration>
    private let began: AsyncStream<Duration>.Continuation
    private let sleepers = Guarded<[Int: CheckedContinuation<Void, any Error>]>([:])
    private let number = Atomic<Int>(0)

    init() {
        (sleeps, began) = AsyncStream.makeStream()
    }

    var now: Instant { Instant(offset: .zero) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = number.add(1, ordering: .relaxed).newValue
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = sleepers.withLock { sleepers in
                    if Task.isCancelled { return true }
                    sleepers[number] = continuation
                    return false
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                began.yield(deadline.offset)
            }
        } onCancel: {
            sleepers.withLock { $0.removeValue(forKey: number) }?.resume(throwing: CancellationError())
        }
    }

    /// Waits for the next sleep to begin, and ends it.
    ///
    /// - Parameter during: Looks at what holds while it lasts.
    /// - Returns: How long it was to last; `nil` if no sleep begins any more.
    func letOneGo(_ during: () -> Void = {}) async -> Duration? {
        var iterator = sleeps.makeAsyncIterator()
        let duration = await iterator.next()
        during()
        for sleeper in sleepers.withLock({ sleepers in
            defer { sleepers = [:] }
            return sleepers.values
        }) { sleeper.resume() }
        return duration
    }
}

/// Records the statuses that a process would have ended with.
final class Exits: Sendable {
    let statuses: AsyncStream<Int32>
    private let continuation: AsyncStream<Int32>.Continuation
    private let record = Guarded<[Int32]>([])

    init() {
        (statuses, continuation) = AsyncStream.makeStream()
    }

    var all: [Int32] { record.withLock { $0 } }

    func take(_ status: Int32) {
        record.withLock { $0.append(status) }
        continuation.yield(status)
    }

    func next() async -> Int32? {
        var iterator = statuses.makeAsyncIterator()
        return await iterator.next()
    }
}

struct DrainTests {
    private let readiness = Readiness()
    private let clock = HeldClock()
    private let exits = Exits()

    private func drain() -> Drain {
        Drain(
            limit: .seconds(25), readiness: readiness, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            clock: clock, exit: exits.take)
    }

    @Test(
        "SIGTERM and SIGINT begin the drain: readiness turns, who waits goes on",
        arguments: [
            ProcessSignal.terminate, .interrupt,
        ])
    func begins(signal: ProcessSignal) async {
        let drain = drain()
        async let first: Void = drain.requested()
        async let second: Void = drain.requested()
        #expect(!drain.isRequested)
        drain.take(signal)
        _ = await (first, second)
        await drain.requested()
        #expect(drain.isRequested)
        #expect(readiness.failures == ["drain": "draining"])
        drain.finished()
        #expect(exits.all.isEmpty)
    }

    @Test("A second signal ends at once with status 1")
    func secondSignal() async {
        let drain = drain()
        drain.take(.terminate)
        drain.take(.interrupt)
        #expect(exits.all == [1])
    }

    @Test("A drain that takes longer than its limit ends at once with status 1")
    func limit() async {
        let drain = drain()
        drain.take(.terminate)
        #expect(await clock.letOneGo() == .seconds(25))
        #expect(await exits.next() == 1)
    }

    @Test("A finished drain is not ended again, by the limit or by a signal")
    func finished() async {
        let drain = drain()
        drain.take(.terminate)
        drain.finished()
        drain.finished()
        drain.take(.terminate)
        #expect(exits.all.isEmpty)
        #expect(drain.isRequested)
    }

    @Test("A cancelled task stops waiting")
    func cancelled() async {
        let drain = drain()
        let waiter = Task { await drain.requested() }
        waiter.cancel()
        await waiter.value
        #expect(!drain.isRequested)
    }

    @Test("SIGHUP reloads and does not drain; signals of the operating system arrive")
    func hangUp() async {
        let drain = drain()
        let (reloads, continuation) = AsyncStream<Void>.makeStream()
        drain.onHangUp { continuation.yield() }
        let signals = await ProcessSignals.watch { drain.take($0) }
        kill(getpid(), SIGHUP)
        var iterator = reloads.makeAsyncIterator()
        #expect(await iterator.next() != nil)
        #expect(!drain.isRequested)
        withExtendedLifetime(signals) {}
    }
}
