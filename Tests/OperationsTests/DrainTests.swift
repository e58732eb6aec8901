import Locking
import Logging
import Operations
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

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
