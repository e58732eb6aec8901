import Locking

/// A clock of which the test ends each sleep.
final class HeldClock: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration
        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let sleeps: AsyncStream<(Duration, CheckedContinuation<Void, Never>)>
    private let began: AsyncStream<(Duration, CheckedContinuation<Void, Never>)>.Continuation

    init() { (sleeps, began) = AsyncStream.makeStream() }

    var now: Instant { Instant(offset: .zero) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        await withCheckedContinuation { began.yield((deadline.offset, $0)) }
    }

    /// Waits for the next sleep to begin; what it gives ends it.
    func next() async -> (pause: Duration, end: @Sendable () -> Void)? {
        for await (pause, continuation) in sleeps { return (pause, { continuation.resume() }) }
        return nil
    }
}
