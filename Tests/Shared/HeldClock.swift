import Locking
import Synchronization

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
    func letOneGo(_ during: () async -> Void = {}) async -> Duration? {
        var iterator = sleeps.makeAsyncIterator()
        let duration = await iterator.next()
        await during()
        for sleeper in sleepers.withLock({ sleepers in
            defer { sleepers = [:] }
            return sleepers.values
        }) { sleeper.resume() }
        return duration
    }
}
