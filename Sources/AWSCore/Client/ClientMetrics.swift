internal import Locking
internal import CoreMetrics
internal import Metrics

/// What a client tells swift-metrics: requests by outcome, their time, retries by reason.
///
/// Handles are made once for each operation; a client has a dozen of them.
final class ClientMetrics: Sendable {
    struct Operation: Sendable {
        let ok: Counter
        let error: Counter
        let seconds: Timer
    }

    private let service: AWSService
    private let operations = Guarded<[String: Operation]>([:])
    private let retries = Guarded<[RetryReason: Counter]>([:])

    init(service: AWSService) {
        self.service = service
    }

    /// Counts a call that ended.
    ///
    /// - Parameters:
    ///   - operation: The operation.
    ///   - isSuccess: Whether it ended in a success.
    ///   - duration: How long it took, retries included.
    func record(_ operation: String, isSuccess: Bool, duration: Duration) {
        let handles = operations.withLock { known in
            if let handles = known[operation] { return handles }
            let handles = makeHandles(operation)
            known[operation] = handles
            return handles
        }
        (isSuccess ? handles.ok : handles.error).increment()
        let (seconds, attoseconds) = duration.components
        handles.seconds.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }

    /// Counts a retry.
    ///
    /// - Parameter reason: Why it is made.
    func recordRetry(_ reason: RetryReason) {
        let counter = retries.withLock { known in
            if let counter = known[reason] { return counter }
            let labels = [("service", service.signingName), ("reason", reason.rawValue)]
            let counter = Counter(label: "aws_retries_total", dimensions: labels)
            known[reason] = counter
            return counter
        }
        counter.increment()
    }

    private func makeHandles(_ operation: String) -> Operation {
        let labels = [("service", service.signingName), ("operation", operation)]
        return Operation(
            ok: Counter(label: "aws_requests_total", dimensions: labels + [("outcome", "ok")]),
            error: Counter(label: "aws_requests_total", dimensions: labels + [("outcome", "error")]),
            seconds: Timer(label: "aws_request_seconds", dimensions: labels))
    }
}
