import AWSCore
import Locking

/// Whether the process can do its job now, and if not, why: named conditions, each with a reason while it does not
/// hold. Any thread may set and ask.
public final class Readiness: Sendable {
    private let reasons: Guarded<[String: String]>

    /// - Parameter starting: The conditions that are yet to be met, each for the reason `starting`.
    public init(starting: [String] = []) {
        reasons = Guarded(Dictionary(starting.map { ($0, "starting") }, uniquingKeysWith: { first, _ in first }))
    }

    /// A condition holds no more, or for another reason.
    ///
    /// - Parameters:
    ///   - condition: The condition's name, such as `queue`.
    ///   - reason: Why, for a person; nothing secret.
    public func fail(_ condition: String, because reason: String) {
        reasons.withLock { $0[condition] = reason }
    }

    /// A condition holds.
    ///
    /// - Parameter condition: The condition's name.
    public func meet(_ condition: String) {
        reasons.withLock { _ = $0.removeValue(forKey: condition) }
    }

    /// Whether every condition holds.
    public var isReady: Bool { reasons.withLock { $0.isEmpty } }

    /// The conditions that do not hold, with their reasons.
    public var failures: [String: String] { reasons.withLock { $0 } }
}
