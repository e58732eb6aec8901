/// Calls one service of AWS: signs, sends, reads errors, tries again as the SDKs' standard mode does.
///
/// Any number of tasks call at once.
public final class AWSClient: Sendable {
    /// The service.
    public let service: AWSService
    /// The region that requests are signed for.
    public let region: String
    /// The endpoint's URL, without a slash at its end.
    public let endpoint: String

    private let credentials: TimelyCredentials
    private let transport: any Transport
    private let settings: Settings
    private let signer: Signer
    private let skew = ClockSkew()
    private let metrics: ClientMetrics
    let quota = RetryQuota()

    /// - Parameters:
    ///   - service: The service.
    ///   - region: The region that requests are signed for.
    ///   - endpoint: The endpoint's URL.
    ///   - credentials: Gives the credentials of each attempt.
    ///   - transport: Carries the requests.
    ///   - settings: Retries, deadlines, clock and randomness; the standard ones where left out.
    public init(
        service: AWSService, region: String, endpoint: String, credentials: any CredentialsProvider,
        transport: any Transport, settings: Settings? = nil
    ) {
        self.service = service
        self.region = region
        self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        self.credentials = TimelyCredentials(credentials)
        self.transport = transport
        self.settings = settings ?? Settings(retry: .standard(for: service))
        signer = Signer(service: service.signingName, region: region)
        metrics = ClientMetrics(service: service)
    }

    /// How a client behaves in time; injected, so that tests need no clock.
    public struct Settings: Sendable {
        /// When and how often a failed attempt is made again.
        public var retry: RetryPolicy
        /// How long name resolution, TCP and TLS may take.
        public var connectTimeout: Duration = .seconds(3)
        /// How long one attempt may take; a long poll's wait comes on top.
        public var attemptTimeout: Duration = .seconds(10)
        /// How long a call may take with all its attempts and waits; a long poll's wait comes on top.
        public var callTimeout: Duration = .seconds(30)
        /// The wall clock, for signatures.
        public var now: @Sendable () -> Timestamp = { .now() }
        /// A clock that only goes forward, for deadlines.
        public var uptime: @Sendable () -> ContinuousClock.Instant = { .now }
        /// Waits between attempts; throws when the task is cancelled.
        public var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        /// A number from 0 to 1, for jitter.
        public var random: @Sendable () -> Double = { .random(in: 0...1) }

        /// - Parameter retry: When and how often a failed attempt is made again.
        public init(retry: RetryPolicy) {
            self.retry = retry
        }
    }

    /// Calls an operation of AWS JSON 1.0.
    ///
    /// - Parameters:
    ///   - operation: The operation, such as `SendMessageBatch`.
    ///   - body: Its input, a JSON object.
    ///   - wait: How long the service may hold the answer back: a long poll's wait.
    ///   - check: Looks at a successful answer; what it throws counts as a transient failure (a wrong checksum).
    /// - Returns: The answer, with a status below 300.
    /// - Throws: ``AWSError`` once no attempt is left, or at once where another would not help.
    public func call(
        _ operation: String, body: [UInt8], wait: Duration = .zero,
        check: (@Sendable (HTTPResponse) throws(ResponseMismatch) -> Void)? = nil
    ) async throws(AWSError) -> HTTPResponse {
        let start = settings.uptime()
        do throws(AWSError) {
            let response = try await attempts(of: operation, body: body, wait: wait, start: start, check: check)
            metrics.record(operation, isSuccess: true, duration: start.duration(to: settings.uptime()))
            return response
        } catch {
            metrics.record(operation, isSuccess: false, duration: start.duration(to: settings.uptime()))
            throw error
        }
    }

    private func attempts(
        of operation: String, body: [UInt8], wait: Duration, start: ContinuousClock.Instant,
        check: (@Sendable (HTTPResponse) throws(ResponseMismatch) -> Void)?
    ) async throws(AWSError) -> HTTPResponse {
        let deadline = start + settings.callTimeout + wait
        let invocation = InvocationID.random()
        var lastCost = 0
        var attempt = 1
        while true {
            let outcome = await tryOnce(
                operation, body: body, attempt: attempt, invocation: invocation, wait: wait, deadline: deadline,
                check: check)
            let failure: AttemptFailure
            switch outcome {
            case .success(let response):
                quota.release(lastCost)
                return response
            case .failure(let error):
                guard let reason = error.error.retryReason, attempt < settings.retry.maxAttempts else {
                    throw error.error.after(attempt)
                }
                failure = AttemptFailure(error: error.error, reason: reason, isStaleConnection: error.isStale)
            }
            let backoff = settings.retry.backoff(
                after: attempt, isThrottling: failure.reason == .throttling, hint: failure.error.retryAfter,
                random: settings.random())
            guard settings.uptime() + backoff < deadline else { throw failure.error.after(attempt) }
            guard let cost = quota.acquire(for: failure) else {
                // A long poll would come back at once: without the wait an outage would be a busy loop.
                if wait > .zero { try await pause(backoff, operation, attempt) }
                throw failure.error.withoutQuota(after: attempt)
            }
            do throws(AWSError) {
                try await pause(backoff, operation, attempt)
            } catch {
                quota.giveBack(cost)
                throw error
            }
            metrics.recordRetry(failure.reason)
            lastCost = cost
            attempt += 1
        }
    }

    private func pause(_ backoff: Duration, _ operation: String, _ attempt: Int) async throws(AWSError) {
        do {
            try await settings.sleep(backoff)
        } catch {
            throw self.error(operation, .cancelled, "given up between attempts").after(attempt)
        }
    }

    private struct FailedAttempt: Error {
        let error: AWSError
        var isStale = false
    }

    private func tryOnce(
        _ operation: String, body: [UInt8], attempt: Int, invocation: String, wait: Duration,
        deadline: ContinuousClock.Instant,
        check: (@Sendable (HTTPResponse) throws(ResponseMismatch) -> Void)?
    ) async -> Result<HTTPResponse, FailedAttempt> {
        var request = request(operation, body: body, attempt: attempt, invocation: invocation)
        request.connectTimeout = settings.connectTimeout
        let signedAt: Timestamp
        do {
            let left = settings.uptime().duration(to: deadline)
            let credentials = try await credentials.credentials(within: left)
            signedAt = settings.now() + skew.current
            signer.sign(&request, credentials: credentials, at: signedAt)
        } catch {
            return .failure(FailedAttempt(error: withoutCredentials(operation, error)))
        }
        // Credentials may have taken their part of it.
        request.timeout = min(settings.attemptTimeout + wait, settings.uptime().duration(to: deadline))
        let response: HTTPResponse
        do {
            response = try await transport.send(request)
        } catch {
            return .failure(failedAttempt(operation, error))
        }
        guard response.status < 300 else {
            return .failure(FailedAttempt(error: answered(operation, response, signedAt: signedAt)))
        }
        do throws(ResponseMismatch) {
            try check?(response)
        } catch {
            return .failure(FailedAttempt(error: mismatch(operation, error, response)))
        }
        return .success(response)
    }

    private func request(_ operation: String, body: [UInt8], attempt: Int, invocation: String) -> HTTPRequest {
        var headers = [
            HTTPHeader("Content-Type", "application/x-amz-json-1.0"),
            HTTPHeader("User-Agent", UserAgent.value),
            HTTPHeader("amz-sdk-invocation-id", invocation),
            HTTPHeader("amz-sdk-request", "attempt=\(attempt); max=\(settings.retry.maxAttempts)"),
        ]
        if let prefix = service.targetPrefix { headers.append(HTTPHeader("X-Amz-Target", "\(prefix).\(operation)")) }
        if service == .sqs { headers.append(HTTPHeader("x-amzn-query-mode", "true")) }
        return HTTPRequest(method: "POST", url: endpoint + "/", headers: headers, body: body)
    }

    private func answered(_ operation: String, _ response: HTTPResponse, signedAt: Timestamp) -> AWSError {
        let error = ErrorAnswer.error(in: response, service: service, operation: operation)
        let isSkewed = skew.learn(from: response, error, signedAt: signedAt, now: settings.now())
        return isSkewed ? error.retrying(for: .skew) : error
    }

    private func withoutCredentials(_ operation: String, _ error: any Error) -> AWSError {
        if error is CancellationError { return self.error(operation, .cancelled, "given up while finding credentials") }
        if error is TimelyCredentials.Late {
            return self.error(operation, .credentialsUnavailable, "no credentials came in the call's time")
        }
        // Their source is out of reach, for now: it has had its own tries, so the call makes no more.
        let isPassing = (error as? CredentialsError)?.code == .unavailable
        return self.error(operation, isPassing ? .credentialsUnavailable : .noCredentials, String(describing: error))
    }

    private func failedAttempt(_ operation: String, _ error: TransportError) -> FailedAttempt {
        switch error.kind {
        case .cancelled: FailedAttempt(error: self.error(operation, .cancelled, error.description))
        case .invalid: FailedAttempt(error: self.error(operation, .configuration, error.description))
        case .tooLarge: FailedAttempt(error: self.error(operation, .badResponse, error.description))
        default:
            FailedAttempt(
                error: self.error(operation, .transport, error.description, .transient),
                isStale: error.kind == .broken && error.onReusedConnection)
        }
    }

    private func mismatch(_ operation: String, _ mismatch: ResponseMismatch, _ response: HTTPResponse) -> AWSError {
        AWSError(
            service: service.signingName, operation: operation, code: .badResponse, message: mismatch.message,
            status: response.status, requestId: response[header: "x-amzn-requestid"], retryReason: .transient)
    }

    private func error(
        _ operation: String, _ code: AWSError.Code, _ message: String, _ reason: RetryReason? = nil
    ) -> AWSError {
        AWSError(
            service: service.signingName, operation: operation, code: code, message: message, retryReason: reason)
    }
}

/// A successful answer that cannot be what the service sent: a checksum does not fit, or it is no JSON of that form.
public struct ResponseMismatch: Error, Sendable {
    /// What does not fit.
    public let message: String

    /// - Parameter message: What does not fit.
    public init(_ message: String) {
        self.message = message
    }
}

extension AWSService {
    /// What precedes the operation in `X-Amz-Target`; `nil` for a service that does not speak AWS JSON.
    fileprivate var targetPrefix: String? {
        switch self {
        case .sqs: "AmazonSQS"
        case .dynamoDB: "DynamoDB_20120810"
        default: nil
        }
    }
}
