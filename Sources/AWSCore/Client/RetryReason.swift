/// Why another attempt may succeed.
enum RetryReason: String, Sendable {
    /// The server or the network failed in passing.
    case transient
    /// The service wants fewer requests.
    case throttling
    /// The clocks were apart; the next attempt is signed with the server's time.
    case skew

    /// The reason that an error answer gives, as the SDKs' standard mode has it; `nil` where none is worth a retry.
    init?(status: Int, code: AWSError.Code, type: AWSError.Code, service: AWSService) {
        if Self.isThrottling(code, service) || Self.isThrottling(type, service) {
            self = .throttling
        } else if Self.transientCodes.contains(code) || Self.transientCodes.contains(type)
            || (service == .dynamoDB && type == "ReplicatedWriteConflictException")
            || Self.transientStatuses.contains(status)
        {
            self = .transient
        } else {
            return nil
        }
    }

    private static func isThrottling(_ code: AWSError.Code, _ service: AWSService) -> Bool {
        throttlingCodes.contains(code)
            || (service == .sqs && (code == "KmsThrottled" || code == "KMS.ThrottlingException"))
    }

    private static let transientStatuses: Set<Int> = [500, 502, 503, 504]
    private static let transientCodes: Set<AWSError.Code> = [
        "RequestTimeout", "RequestTimeoutException", "InternalError",
    ]
    private static let throttlingCodes: Set<AWSError.Code> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
        "PriorRequestNotComplete", "EC2ThrottledException",
    ]
}
