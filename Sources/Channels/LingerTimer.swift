public import Dispatch

/// What wakes a batch receive when its linger has passed: GCD in production, a hand-wound clock in tests.
public struct LingerTimer: Sendable {
    let schedule: @Sendable (Duration, @escaping @Sendable () -> Void) -> Void

    /// - Parameter schedule: Calls the given closure once that duration has passed, from any thread.
    public init(schedule: @escaping @Sendable (Duration, @escaping @Sendable () -> Void) -> Void) {
        self.schedule = schedule
    }

    /// A timer on a dispatch queue.
    ///
    /// - Parameter queue: The queue that wakes the receivers.
    /// - Returns: That timer.
    public static func dispatch(on queue: DispatchQueue) -> LingerTimer {
        LingerTimer { linger, wake in
            let (seconds, attoseconds) = linger.components
            let nanoseconds = Int(clamping: seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
            queue.asyncAfter(deadline: .now() + .nanoseconds(nanoseconds), execute: wake)
        }
    }

    /// A timer on the global queue.
    public static let system = dispatch(on: .global())
}
