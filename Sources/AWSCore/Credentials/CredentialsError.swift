/// Why there are no credentials: what was tried, and why each gave nothing. Holds nothing secret.
public struct CredentialsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure; open, so that providers may add theirs.
    public struct Code: Sendable, Hashable {
        let name: String

        /// The source is not set up here: the next one may be.
        public static let notConfigured = Code(name: "not configured")
        /// The source is set up, and wrongly; the chain ends here, so that a mistake does not pick another identity.
        public static let misconfigured = Code(name: "misconfigured")
        /// The source is set up, and out of reach or failing: another try later may do.
        public static let unavailable = Code(name: "unavailable")
        /// The source is set up, and refuses: someone must change a policy, a token or a key.
        public static let refused = Code(name: "refused")
    }

    /// What one source said.
    public struct Attempt: Sendable, Hashable, CustomStringConvertible {
        /// The source, by name, such as `environment`.
        public let source: String
        /// Why it gave nothing.
        public let reason: String

        /// - Parameters:
        ///   - source: The source, by name.
        ///   - reason: Why it gave nothing.
        public init(source: String, reason: String) {
            self.source = source
            self.reason = reason
        }

        /// Source and reason.
        public var description: String { "\(source): \(reason)" }
    }

    /// The kind of failure.
    public let code: Code
    /// What was tried, in order.
    public let attempts: [Attempt]
    /// What to do.
    public let advice: String

    /// - Parameters:
    ///   - code: The kind of failure.
    ///   - attempts: What was tried, in order.
    ///   - advice: What to do.
    public init(_ code: Code, attempts: [Attempt], advice: String) {
        self.code = code
        self.attempts = attempts
        self.advice = advice
    }

    /// One source's failure.
    init(_ code: Code, source: String, _ reason: String, advice: String) {
        self.init(code, attempts: [Attempt(source: source, reason: reason)], advice: advice)
    }

    /// All of it in one line.
    public var description: String {
        "no credentials (\(attempts.map(\.description).joined(separator: "; "))): \(advice)"
    }
}
