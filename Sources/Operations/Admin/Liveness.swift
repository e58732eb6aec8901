import Locking
import Synchronization

/// Whether the process makes progress: its stages check in, and one that has work and has not checked in for too long
/// is stuck.
public final class Liveness: Sendable {
    private let stages = Guarded<[Heartbeat]>([])
    private let now: @Sendable () -> Duration

    /// - Parameter now: A clock that never goes back, as the time since some moment.
    public init(now: @escaping @Sendable () -> Duration = Liveness.monotonicTime) {
        self.now = now
    }

    /// Adds a stage, at rest.
    ///
    /// - Parameters:
    ///   - name: The stage's name, such as `dequeuer`.
    ///   - allowance: How long it may take between two beats while it works.
    /// - Returns: What the stage checks in with.
    public func stage(_ name: String, allowance: Duration) -> Heartbeat {
        let heartbeat = Heartbeat(name: name, allowance: allowance, now: now)
        stages.withLock { $0.append(heartbeat) }
        return heartbeat
    }

    /// The names of the stages that are stuck.
    public var stuck: [String] {
        stages.withLock { $0 }.filter(\.isStale).map(\.name)
    }

    /// The time since the clock's start, from the operating system's clock that never goes back.
    public static let monotonicTime: @Sendable () -> Duration = {
        start.duration(to: .now)
    }

    private static let start = ContinuousClock.Instant.now
}

/// One stage's sign of life. A stage beats as it works and rests while it waits for work.
public final class Heartbeat: Sendable {
    /// The stage's name.
    public let name: String
    private let allowance: Int64
    private let now: @Sendable () -> Duration
    /// When it must have beaten again, in nanoseconds of the clock; `Int64.max` at rest.
    private let deadline = Atomic<Int64>(.max)

    init(name: String, allowance: Duration, now: @escaping @Sendable () -> Duration) {
        self.name = name
        self.allowance = allowance.nanoseconds
        self.now = now
    }

    /// The stage has made progress and has more to do.
    public func beat() {
        deadline.store(now().nanoseconds &+ allowance, ordering: .relaxed)
    }

    /// The stage waits for work: it need not beat until it gets some.
    public func rest() {
        deadline.store(.max, ordering: .relaxed)
    }

    /// Whether it should have beaten and has not.
    public var isStale: Bool { now().nanoseconds > deadline.load(ordering: .relaxed) }
}

extension Duration {
    /// The duration in nanoseconds, clamped to about 292 years.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return seconds < 0 ? .min : .max }
        let (sum, isTooLarge) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isTooLarge ? .max : sum
    }
}
