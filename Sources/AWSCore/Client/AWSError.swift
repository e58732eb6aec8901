/// Why a call to AWS failed, with what a person needs to find out more.
public struct AWSError: Error, Sendable {
    /// An error code; open, as AWS adds codes at any time.
    public struct Code: RawRepresentable, Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
        /// The code as AWS spells it, without namespace.
        public let rawValue: String

        /// - Parameter rawValue: The code as AWS spells it.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// - Parameter value: The code as AWS spells it.
        public init(stringLiteral value: String) { rawValue = value }
        /// The code as AWS spells it.
        public var description: String { rawValue }

        /// No whole answer came: see the message.
        public static let transport: Code = "Transport"
        /// The answer was no answer of this service: its body or a checksum does not fit.
        public static let badResponse: Code = "BadResponse"
        /// No credentials were found, or their source refuses them.
        public static let noCredentials: Code = "NoCredentials"
        /// The source of credentials is set up and cannot be reached, or fails for now.
        public static let credentialsUnavailable: Code = "CredentialsUnavailable"
        /// The configuration names no usable region or endpoint.
        public static let configuration: Code = "Configuration"
        /// A retry was due, and the client's own retry quota was empty.
        public static let retryQuotaExhausted: Code = "RetryQuotaExhausted"
        /// The caller's task was cancelled.
        public static let cancelled: Code = "Cancelled"
    }

    /// What to do about it.
    public enum Category: Sendable {
        /// No connection, no answer, or a server's own failure: another try later may do.
        case unreachable
        /// No credentials, or they are not allowed to do this: someone must change a policy or a key.
        case refused
        /// The queue or the table does not exist.
        case missing
        /// Too many requests; slower may do.
        case throttled
        /// The request itself is wrong, and will be again.
        case invalid
    }

    /// The service, such as `sqs`.
    public let service: String
    /// The operation, such as `SendMessageBatch`.
    public let operation: String
    /// The code; where SQS sends a code of its older protocol (`x-amzn-query-error`), that one.
    public let code: Code
    /// The exception's type, where it is another than the code.
    public let type: Code
    /// AWS's words, or libcurl's.
    public let message: String
    /// The HTTP status, if an answer came.
    public let status: Int?
    /// The request's id, which AWS's support asks for.
    public let requestId: String?
    /// How many attempts were made.
    public var attempts: Int
    /// Why the next attempt could have done better; `nil` if it could not.
    private(set) var retryReason: RetryReason?
    /// The server's own wish (`x-amz-retry-after`).
    var retryAfter: Duration?

    init(
        service: String, operation: String, code: Code, type: Code? = nil, message: String, status: Int? = nil,
        requestId: String? = nil, attempts: Int = 1, retryReason: RetryReason? = nil
    ) {
        self.service = service
        self.operation = operation
        self.code = code
        self.type = type ?? code
        self.message = message
        self.status = status
        self.requestId = requestId
        self.attempts = attempts
        self.retryReason = retryReason
    }

    /// What to do about it.
    public var category: Category {
        if type.isMissing || code.isMissing { return .missing }
        if type.isRefusal || code.isRefusal { return .refused }
        if status == 401 || status == 403 { return .refused }
        if retryReason == .throttling { return .throttled }
        if code == .configuration { return .invalid }
        if retryReason != nil || Self.unreachableCodes.contains(code) || (status ?? 500) >= 500 { return .unreachable }
        return .invalid
    }

    private static let unreachableCodes: Set<Code> = [
        .transport, .badResponse, .retryQuotaExhausted, .cancelled, .credentialsUnavailable,
    ]
}

extension AWSError.Code {
    /// Whether it says that the queue or the table does not exist.
    public var isMissing: Bool { Self.missing.contains(self) }

    /// Whether it says that no request of this kind is taken, whatever it carries, until someone changes a policy or
    /// a key.
    public var isRefusal: Bool { Self.refusals.contains(self) }

    private static let missing: Set<Self> = [
        "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "ResourceNotFoundException",
    ]
    private static let refusals: Set<Self> = [
        .noCredentials, "AccessDenied", "AccessDeniedException", "AuthFailure", "ExpiredToken",
        "ExpiredTokenException", "IDPRejectedClaim", "IncompleteSignature", "InvalidAccessKeyId",
        "InvalidClientTokenId", "InvalidIdentityToken", "InvalidSignatureException", "InvalidSecurity",
        "MissingAuthenticationToken", "MissingAuthenticationTokenException", "NotAuthorized", "OptInRequired",
        "RequestExpired", "SignatureDoesNotMatch", "UnauthorizedOperation", "UnrecognizedClientException",
        // The queue's key, in the spellings of SQS's two protocols. Source: SQS API Reference, SendMessageBatch.
        "KmsAccessDenied", "KMS.AccessDeniedException", "KmsDisabled", "KMS.DisabledException", "KmsInvalidState",
        "KMS.InvalidStateException", "KmsInvalidKeyUsage", "KMS.InvalidKeyUsageException", "KmsNotFound",
        "KMS.NotFoundException", "KmsOptInRequired", "KMS.OptInRequired",
    ]
}

extension AWSError {
    /// The same, with the number of attempts made.
    func after(_ attempts: Int) -> AWSError {
        var error = self
        error.attempts = attempts
        return error
    }

    /// The same, retried for another reason than its code gives.
    func retrying(for reason: RetryReason) -> AWSError {
        var error = self
        error.retryReason = reason
        return error
    }

    /// The same failure, said as what ended the call: our own quota. What the server wants, fewer requests or nothing
    /// in particular, is kept.
    func withoutQuota(after attempts: Int) -> AWSError {
        AWSError(
            service: service, operation: operation, code: .retryQuotaExhausted, type: type,
            message: "no retry, as too many calls failed of late; the last failure: \(code): \(message)",
            status: status, requestId: requestId, attempts: attempts, retryReason: retryReason ?? .transient)
    }
}

extension AWSError: CustomStringConvertible {
    /// One line: service, operation, code, message, status, request id, attempts.
    public var description: String {
        var text = "\(service) \(operation): \(code): \(message)"
        if let status { text += ", status \(status)" }
        if let requestId { text += ", request \(requestId)" }
        if attempts > 1 { text += ", \(attempts) attempts" }
        return text
    }
}
