/// When and how often a failed attempt is made again: the SDKs' standard mode.
public struct RetryPolicy: Sendable {
    /// Attempts in all, the first included.
    public var maxAttempts: Int
    /// What the first wait after a transient failure is drawn from.
    public var transientBase: Duration
    /// What the first wait after throttling is drawn from.
    public var throttlingBase: Duration
    /// No wait is drawn from more.
    public var maxBackoff: Duration = .seconds(20)

    /// - Parameters:
    ///   - maxAttempts: Attempts in all, the first included; at least 1.
    ///   - transientBase: What the first wait after a transient failure is drawn from.
    ///   - throttlingBase: What the first wait after throttling is drawn from.
    public init(
        maxAttempts: Int = 3, transientBase: Duration = .milliseconds(50), throttlingBase: Duration = .seconds(1)
    ) {
        self.maxAttempts = max(1, maxAttempts)
        self.transientBase = transientBase
        self.throttlingBase = throttlingBase
    }

    /// The policy of a service as the SDKs default: 3 attempts; DynamoDB 4 with shorter waits.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - maxAttempts: What the configuration sets (`AWS_MAX_ATTEMPTS`), if anything.
    /// - Returns: The policy.
    public static func standard(for service: AWSService, maxAttempts: Int? = nil) -> RetryPolicy {
        service == .dynamoDB
            ? RetryPolicy(maxAttempts: maxAttempts ?? 4, transientBase: .milliseconds(25))
            : RetryPolicy(maxAttempts: maxAttempts ?? 3)
    }

    /// How long to wait before the next attempt: rand(0,1) · min(base · 2^(n−1), 20 s), and where the server names a
    /// time, that, clamped to [backoff, backoff + 5 s].
    ///
    /// - Parameters:
    ///   - attempt: The attempt that failed, from 1.
    ///   - isThrottling: Whether it was throttled.
    ///   - hint: What the server asked for (`x-amz-retry-after`).
    ///   - random: A number from 0 to 1.
    /// - Returns: The wait.
    public func backoff(after attempt: Int, isThrottling: Bool, hint: Duration?, random: Double) -> Duration {
        let base = isThrottling ? throttlingBase : transientBase
        // 2^16 bases are beyond the cap for any base of a millisecond or more.
        let ceiling = min(base * (1 << min(attempt - 1, 16)), maxBackoff)
        let backoff = ceiling * random
        guard let hint else { return backoff }
        return min(max(hint, backoff), backoff + .seconds(5))
    }
}
