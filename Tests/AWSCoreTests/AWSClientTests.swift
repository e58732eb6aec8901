import Synchronization
import Testing

@testable import AWSCore

@Suite("A client of AWS")
struct AWSClientTests {
    @Test("sends AWS JSON 1.0, signed, with the SDKs' headers")
    func request() async throws {
        let transport = ScriptedTransport([.json(200, "{}")])
        _ = try await scriptedClient(.sqs, transport).call("SendMessage", body: Array("{}".utf8))
        let request = try #require(transport.requests.first)
        func header(_ name: String) -> String? {
            request.headers.first { $0.name.lowercased() == name }?.value
        }
        #expect(request.method == "POST" && request.url == "http://127.0.0.1:1/")
        #expect(header("content-type") == "application/x-amz-json-1.0")
        #expect(header("x-amz-target") == "AmazonSQS.SendMessage")
        #expect(header("x-amzn-query-mode") == "true")
        #expect(header("amz-sdk-request") == "attempt=1; max=3")
        #expect(header("authorization")?.contains("/eu-central-1/sqs/aws4_request") == true)
        #expect(header("user-agent")?.hasPrefix("map-beacons/") == true)
        #expect(header("amz-sdk-invocation-id")?.count == 36)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let service: AWSService
        let answer: ScriptedTransport.Answer
        /// Waits before the second and later attempts, with a random number of 1.
        let sleeps: [Duration]
        let category: AWSError.Category
        var testDescription: String { name }

        static func fails(
            _ name: String, _ service: AWSService = .sqs, _ answer: ScriptedTransport.Answer, _ sleeps: [Duration],
            _ category: AWSError.Category
        ) -> Case {
            Case(name: name, service: service, answer: answer, sleeps: sleeps, category: category)
        }
    }

    static let cases: [Case] = [
        .fails("500", .sqs, .error(500, "InternalFailure"), [.milliseconds(50), .milliseconds(100)], .unreachable),
        .fails("503 without a body", .sqs, .json(503, ""), [.milliseconds(50), .milliseconds(100)], .unreachable),
        .fails(
            "InternalError by code", .sqs, .error(400, "InternalError"), [.milliseconds(50), .milliseconds(100)],
            .unreachable),
        .fails(
            "no connection", .sqs, .failure(TransportError(.connect, "refused")),
            [.milliseconds(50), .milliseconds(100)], .unreachable),
        .fails(
            "timeout at DynamoDB", .dynamoDB, .failure(TransportError(.timeout, "too slow")),
            [.milliseconds(25), .milliseconds(50), .milliseconds(100)], .unreachable),
        .fails(
            "throttling", .sqs, .error(400, "ThrottlingException"), [.seconds(1), .seconds(2)], .throttled),
        .fails(
            "throughput", .dynamoDB, .error(400, "ProvisionedThroughputExceededException"),
            [.seconds(1), .seconds(2), .seconds(4)], .throttled),
        .fails("KMS at SQS", .sqs, .error(400, "KmsThrottled"), [.seconds(1), .seconds(2)], .throttled),
        .fails("KMS at DynamoDB", .dynamoDB, .error(400, "KmsThrottled"), [], .invalid),
        .fails(
            "a write conflict at DynamoDB", .dynamoDB, .error(400, "ReplicatedWriteConflictException"),
            [.milliseconds(25), .milliseconds(50), .milliseconds(100)], .unreachable),
        .fails("validation", .dynamoDB, .error(400, "ValidationException"), [], .invalid),
        .fails("no such queue", .sqs, .error(400, "QueueDoesNotExist"), [], .missing),
        .fails(
            "no such queue, by its older code", .sqs,
            .error(
                400, "Other",
                headers: [HTTPHeader("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender")]),
            [], .missing),
        .fails("no such table", .dynamoDB, .error(400, "ResourceNotFoundException"), [], .missing),
        .fails("denied", .sqs, .error(403, "AccessDenied"), [], .refused),
        .fails("a key of the queue that is disabled", .sqs, .error(400, "KmsDisabled"), [], .refused),
        .fails("unknown key", .dynamoDB, .error(400, "UnrecognizedClientException"), [], .refused),
        .fails("cancelled", .sqs, .failure(TransportError(.cancelled, "given up")), [], .unreachable),
        .fails("a bad URL", .sqs, .failure(TransportError(.invalid, "no URL")), [], .invalid),
    ]

    @Test("tries again what may do better, with backoff, and only that", arguments: cases)
    func retries(_ sample: Case) async throws {
        let transport = ScriptedTransport(Array(repeating: sample.answer, count: 9))
        let time = ManualTime()
        let client = scriptedClient(sample.service, transport, time: time)
        let error = await #expect(throws: AWSError.self) { try await client.call("Op", body: []) }
        #expect(time.sleeps == sample.sleeps)
        #expect(transport.requests.count == sample.sleeps.count + 1)
        #expect(error?.attempts == sample.sleeps.count + 1)
        #expect(error?.category == sample.category)
    }

    @Test("keeps one invocation id over all attempts, and counts them")
    func attempts() async throws {
        let transport = ScriptedTransport([.json(500, ""), .json(500, ""), .json(200, "{}")])
        _ = try await scriptedClient(.sqs, transport).call("Op", body: [])
        let ids = transport.requests.map { $0.headers.first { $0.name == "amz-sdk-invocation-id" }?.value }
        #expect(Set(ids).count == 1)
        let counts = transport.requests.map { $0.headers.first { $0.name == "amz-sdk-request" }?.value }
        #expect(counts == ["attempt=1; max=3", "attempt=2; max=3", "attempt=3; max=3"])
    }

    @Test(
        "heeds x-amz-retry-after within [backoff, backoff + 5 s]",
        arguments: [(10, Duration.milliseconds(50)), (2000, .seconds(2)), (60_000, .milliseconds(5050))])
    func retryAfter(milliseconds: Int, sleep: Duration) async throws {
        let time = ManualTime()
        let hint = HTTPHeader("x-amz-retry-after", "\(milliseconds)")
        let transport = ScriptedTransport([.json(500, "", headers: [hint]), .json(200, "{}")])
        _ = try await scriptedClient(.sqs, transport, time: time).call("Op", body: [])
        #expect(time.sleeps == [sleep])
    }

    @Test("signs again with the server's time where the clocks are apart, and remembers")
    func skew() async throws {
        // ManualTime starts at 2026-09-21T14:13:20Z; the server is an hour ahead.
        let date = HTTPHeader("Date", "Mon, 21 Sep 2026 15:13:20 GMT")
        let transport = ScriptedTransport([
            .error(403, "InvalidSignatureException", headers: [date]), .json(200, "{}"), .json(200, "{}"),
        ])
        let client = scriptedClient(.dynamoDB, transport)
        _ = try await client.call("Op", body: [])
        _ = try await client.call("Op", body: [])
        let dates = transport.requests.map { $0.headers.first { $0.name == "X-Amz-Date" }?.value }
        #expect(dates == ["20260921T141320Z", "20260921T151320Z", "20260921T151320Z"])
    }

    @Test("does not blame the clock for a refusal within four minutes")
    func noSkew() async throws {
        let date = HTTPHeader("Date", "Mon, 21 Sep 2026 14:17:19 GMT")
        let transport = ScriptedTransport([.error(403, "AccessDeniedException", headers: [date])])
        let error = await #expect(throws: AWSError.self) {
            try await scriptedClient(.dynamoDB, transport).call("Op", body: [])
        }
        #expect(error?.category == .refused && transport.requests.count == 1)
    }

    @Test("stops when the call's time is up, however many attempts are left")
    func callDeadline() async throws {
        let time = ManualTime()
        let transport = ScriptedTransport(Array(repeating: .error(400, "SlowDown"), count: 99))
        let client = scriptedClient(.sqs, transport, time: time, maxAttempts: 99)
        let error = await #expect(throws: AWSError.self) { try await client.call("Op", body: []) }
        // 1 + 2 + 4 + 8 s; the next wait of 16 s would end after 30.
        #expect(time.sleeps == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(error?.attempts == 5)
    }

    private struct FailingCredentials: CredentialsProvider {
        let error: any Error
        func credentials() async throws -> Credentials { throw error }
    }

    @Test(
        "says whether credentials are missing, out of reach for now, or no longer waited for",
        arguments: [
            (CredentialsError(.notConfigured, attempts: [], advice: ""), AWSError.Code.noCredentials, true),
            (CredentialsError(.unavailable, attempts: [], advice: ""), .credentialsUnavailable, false),
            (CredentialsError(.refused, attempts: [], advice: ""), .noCredentials, true),
            (CancellationError(), .cancelled, false),
        ] as [(any Error, AWSError.Code, Bool)])
    func withoutCredentials(thrown: any Error, code: AWSError.Code, isRefused: Bool) async throws {
        let transport = ScriptedTransport([])
        let client = AWSClient(
            service: .sqs, region: "eu-central-1", endpoint: "http://127.0.0.1:1",
            credentials: FailingCredentials(error: thrown), transport: transport)
        let error = await #expect(throws: AWSError.self) { try await client.call("Op", body: []) }
        #expect(error?.code == code)
        #expect(error?.category == (isRefused ? .refused : .unreachable))
        #expect(transport.requests.isEmpty)
    }

    @Test("keeps the signed headers that a refused signature repeats out of its message")
    func noHeadersInMessages() async throws {
        let body = #"{"__type":"InvalidSignatureException","message":"No match.\n\nx-amz-security-token:SECRET"}"#
        let error = await #expect(throws: AWSError.self) {
            try await scriptedClient(.sqs, ScriptedTransport([.json(403, body)])).call("Op", body: [])
        }
        #expect(error?.message == "No match.")
    }

    @Test("shortens messages that repeat the request")
    func longMessage() async throws {
        let body = #"{"__type":"ValidationException","message":"\#(String(repeating: "x", count: 5000))"}"#
        let error = await #expect(throws: AWSError.self) {
            try await scriptedClient(.sqs, ScriptedTransport([.json(400, body)])).call("Op", body: [])
        }
        #expect((error?.message.utf8.count ?? 9999) < 300)
    }
}

@Suite("HTTP dates")
struct HTTPDateTests {
    @Test(
        "are read",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Mon, 21 Sep 2026 14:13:20 GMT", 1_790_000_000),
        ])
    func valid(text: String, seconds: Int64) {
        #expect(Timestamp(httpDate: text) == Timestamp(seconds: seconds))
    }

    @Test("or refused", arguments: ["", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT", "x, y, z"])
    func invalid(text: String) {
        #expect(Timestamp(httpDate: text) == nil)
    }

    /// A source that takes for ever, but ends when nobody waits any more.
    private struct EndlessCredentials: CredentialsProvider {
        func credentials() async throws -> Credentials {
            try await Task.sleep(for: .seconds(3600))
            throw CancellationError()
        }
    }

    @Test("waits for credentials no longer than the call may take", .timeLimit(.minutes(1)))
    func lateCredentials() async {
        let transport = ScriptedTransport([.json(200, "{}")])
        var settings = AWSClient.Settings(retry: .standard(for: .sqs))
        settings.callTimeout = .milliseconds(20)
        let client = AWSClient(
            service: .sqs, region: "eu-central-1", endpoint: "http://127.0.0.1:1", credentials: EndlessCredentials(),
            transport: transport, settings: settings)
        let error = await #expect(throws: AWSError.self) { try await client.call("Op", body: []) }
        #expect(error?.code == .credentialsUnavailable && error?.category == .unreachable)
        #expect(transport.requests.isEmpty)
        settings.callTimeout = .seconds(600)
        let patient = AWSClient(
            service: .sqs, region: "eu-central-1", endpoint: "http://127.0.0.1:1", credentials: EndlessCredentials(),
            transport: transport, settings: settings)
        let call = Task { try await patient.call("Op", body: []) }
        call.cancel()
        let cancelled = await #expect(throws: AWSError.self) { try await call.value }
        #expect(cancelled?.code == .cancelled)
    }
}
