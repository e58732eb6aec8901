import Channels
import Operations

/// Time and chance as the pipeline sees them; a hand-wound one in tests.
struct WorkerClock: Sendable {
    /// The time since some moment, never going back.
    let now: @Sendable () -> Duration
    /// Waits; throws `CancellationError` when the task is cancelled.
    let sleep: @Sendable (Duration) async throws -> Void
    /// Wakes those who linger.
    let timer: LingerTimer
    /// A number from 0 to 1.
    let random: @Sendable () -> Double

    /// The machine's own.
    static let system = WorkerClock(
        now: Liveness.monotonicTime, sleep: { try await Task.sleep(for: $0) }, timer: .system,
        random: { .random(in: 0...1) })

    /// How long to wait before another try: a random part of a span that doubles from try to try.
    func backoff(after attempt: Int, base: Duration = .milliseconds(50), most: Duration = .seconds(5)) -> Duration {
        min(base * (1 << min(attempt, 16)), most) * random()
    }
}
