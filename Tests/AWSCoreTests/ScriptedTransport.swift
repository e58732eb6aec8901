import AWSCore
import Locking

/// Answers requests from a script, in order, and keeps what was sent.
final class ScriptedTransport: Transport {
    typealias Answer = Result<HTTPResponse, TransportError>

    private struct State {
        var answers: [Answer]
        var requests: [HTTPRequest] = []
    }

    private let state: Guarded<State>

    init(_ answers: [Answer]) {
        state = Guarded(State(answers: answers))
    }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let answer = state.withLock { state in
            state.requests.append(request)
            return state.answers.isEmpty
                ? .failure(TransportError(.broken, "the script is over")) : state.answers.removeFirst()
        }
        return try answer.get()
    }
}

extension Result<HTTPResponse, TransportError> {
    static func json(_ status: Int = 200, _ body: String, headers: [HTTPHeader] = []) -> Self {
        .success(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
    }

    static func error(_ status: Int, _ code: String, headers: [HTTPHeader] = []) -> Self {
        json(status, #"{"__type":"ns#\#(code)","message":"as scripted"}"#, headers: headers)
    }
}

struct StaticCredentials: CredentialsProvider {
    func credentials() async throws -> Credentials {
        Credentials(accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    }
}

/// Time that passes only where a client sleeps.
final class ManualTime: Sendable {
    private let state = Guarded((elapsed: Duration.zero, sleeps: [Duration]()))
    private let start = ContinuousClock.now

    var sleeps: [Duration] { state.withLock { $0.sleeps } }

    func advance(by duration: Duration) {
        state.withLock { $0.elapsed += duration }
    }

    func settings(_ retry: RetryPolicy, random: Double = 1) -> AWSClient.Settings {
        var settings = AWSClient.Settings(retry: retry)
        settings.now = { Timestamp(seconds: 1_790_000_000) + self.state.withLock { $0.elapsed } }
        settings.uptime = { self.start + self.state.withLock { $0.elapsed } }
        settings.random = { random }
        settings.sleep = { duration in
            self.state.withLock {
                $0.elapsed += duration
                $0.sleeps.append(duration)
            }
        }
        return settings
    }
}

func scriptedClient(
    _ service: AWSService, _ transport: ScriptedTransport, time: ManualTime = ManualTime(), random: Double = 1,
    maxAttempts: Int? = nil
) -> AWSClient {
    AWSClient(
        service: service, region: "eu-central-1", endpoint: "http://127.0.0.1:1/", credentials: StaticCredentials(),
        transport: transport,
        settings: time.settings(.standard(for: service, maxAttempts: maxAttempts), random: random))
}
