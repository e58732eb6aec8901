internal import Locking

/// A bucket of tokens that retries draw on, so that a failing service is not hit harder for failing.
///
/// Numbers as the SDKs' standard mode has them since November 2026.
final class RetryQuota: Sendable {
    static let capacity = 500
    static let retryCost = 14
    static let throttlingRetryCost = 5
    static let firstSuccessRefund = 1

    private let tokens = Guarded(RetryQuota.capacity)

    var available: Int { tokens.withLock { $0 } }

    /// Takes the tokens of one retry.
    ///
    /// - Parameter error: The failure that asks for it.
    /// - Returns: How many were taken; `nil` if too few are left.
    func acquire(for error: AttemptFailure) -> Int? {
        let cost = error.isStaleConnection ? 0 : error.reason == .throttling ? Self.throttlingRetryCost : Self.retryCost
        return tokens.withLock { tokens in
            guard tokens >= cost else { return nil }
            tokens -= cost
            return cost
        }
    }

    /// Gives back after a success: what the last retry cost, or one token where there was none or it was free.
    ///
    /// - Parameter cost: What the last retry cost; zero for a first success.
    func release(_ cost: Int) {
        giveBack(max(cost, Self.firstSuccessRefund))
    }

    /// Gives back what a retry has cost that was not made.
    ///
    /// - Parameter cost: What it cost.
    func giveBack(_ cost: Int) {
        tokens.withLock { $0 = min(Self.capacity, $0 + cost) }
    }
}

/// How one attempt failed, where another may do better.
struct AttemptFailure {
    let error: AWSError
    let reason: RetryReason
    /// The server had closed the pooled connection: no sign of a failing service, so it costs no quota.
    let isStaleConnection: Bool
}
