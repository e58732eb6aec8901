import AWSCore
import Locking
import Logging
import Operations
import Testing

@testable import Catcher

/// An SQS that answers as the test says, without a network.
final class ScriptedSQS: Transport {
    private struct State {
        var send: @Sendable ([String]) -> (status: Int, body: String)
        var find = (status: 200, body: #"{"QueueUrl":"http://127.0.0.1:1/1/beacons"}"#)
        var sent: [[String]] = []
        var found = 0
    }

    private let state = Guarded(State { ScriptedSQS.takes($0) })

    var sent: [[String]] { state.withLock { $0.sent } }
    var found: Int { state.withLock { $0.found } }
    func onSend(_ send: @escaping @Sendable ([String]) -> (Int, String)) { state.withLock { $0.send = send } }
    func onFind(_ status: Int, _ body: String) { state.withLock { $0.find = (status, body) } }

    static func takes(_ bodies: [String]) -> (Int, String) {
        (
            200,
            "{\"Successful\":[\(bodies.indices.map { "{\"Id\":\"\($0)\",\"MessageId\":\"m\"}" }.joined(separator: ","))]}"
        )
    }

    static func refuses(_ code: String, _ status: Int = 400) -> (Int, String) {
        (status, "{\"__type\":\"com.amazonaws.sqs#\(code)\",\"message\":\"as scripted\"}")
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let operation = request.headers.first { $0.name.lowercased() == "x-amz-target" }?.value ?? ""
        let (status, body) = answer(operation, request.body)
        return HTTPResponse(status: status, headers: [], body: Array(body.utf8))
    }

    private func answer(_ operation: String, _ body: [UInt8]) -> (Int, String) {
        if operation.hasSuffix("GetQueueAttributes") {
            return (200, #"{"Attributes":{"MaximumMessageSize":"2048"}}"#)
        }
        if operation.hasSuffix("GetQueueUrl") {
            return state.withLock { state in
                state.found += 1
                return state.find
            }
        }
        let bodies = try? JSONParser().parse(body) { root in
            (root["Entries"]?.elements).map { $0.map { $0["MessageBody"]?.string ?? "" } } ?? []
        }
        let send = state.withLock { state in
            state.sent.append(bodies ?? [])
            return state.send
        }
        return send(bodies ?? [])
    }
}

private struct Keys: CredentialsProvider {
    func credentials() async throws -> Credentials { Credentials(accessKeyId: "k", secretAccessKey: "s") }
}

/// A connection to a scripted queue, found.
private final class FoundQueue: Sendable {
    let sqs = ScriptedSQS()
    let readiness = Readiness(starting: ["queue"])
    let clock = HeldClock()
    private let heard = Guarded((limits: [Int](), lines: [String]()))
    private let connection = Guarded<QueueConnection?>(nil)

    var limits: [Int] { heard.withLock { $0.limits } }
    /// What has been logged of the sends.
    var lines: [String] {
        heard.withLock { $0.lines.filter { $0.contains("takes what is sent") || $0.contains("does not take") } }
    }

    init() async {
        let sqs = sqs
        let logger = Logger(label: "test") { label in
            LogWriter(label: label, level: .info, format: .text, now: { .init(milliseconds: 0) }) { line in
                self.heard.withLock { $0.lines.append(String(decoding: line, as: UTF8.self)) }
            }
        }
        let made = QueueConnection(
            queue: "beacons",
            makeClient: {
                var settings = AWSClient.Settings(retry: .standard(for: .sqs, maxAttempts: 1))
                settings.sleep = { _ in }
                return SQSClient(
                    AWSClient(
                        service: .sqs, region: "eu-central-1", endpoint: "http://127.0.0.1:1", credentials: Keys(),
                        transport: sqs, settings: settings))
            }, readiness: readiness, logger: logger,
            foundLimit: { limit in self.heard.withLock { $0.limits.append(limit.bytes) } }, clock: clock)
        connection.withLock { $0 = made }
        made.reach()
        while !readiness.isReady { await Task.yield() }
    }

    func send(_ texts: String...) async -> [SendAnswerTests.Kind] {
        let connection = connection.withLock { $0 }
        return await connection?.send(texts.map { message($0) }).map(SendAnswerTests.kind) ?? []
    }
}

@Suite("The connection to the queue", .timeLimit(.minutes(1)))
struct QueueConnectionTests {
    @Test("the queue's own limit is told when it is found")
    func limit() async {
        let queue = await FoundQueue()
        #expect(queue.limits == [2048])
    }

    @Test(
        "a queue that refuses whatever it is sent cuts off, sets no message aside, and is asked once a call",
        arguments: [
            "KmsDisabled", "KMS.NotFoundException", "KmsInvalidState", "InvalidAddress", "UnsupportedOperation",
            "AccessDenied",
        ])
    func cutOff(_ code: String) async {
        let queue = await FoundQueue()
        queue.sqs.onSend { _ in ScriptedSQS.refuses(code) }
        #expect(await queue.send("a", "b") == [.cutOff, .cutOff])
        #expect(queue.sqs.sent == [["a", "b"]])
        #expect(queue.readiness.failures["sending"]?.contains(code) == true)
    }

    @Test(
        "of a call that is refused whole, the message it is refused for is found",
        arguments: ["Unheard", "InvalidMessageContents"])
    func alone(_ code: String) async {
        let queue = await FoundQueue()
        queue.sqs.onSend { $0.contains("bad") ? ScriptedSQS.refuses(code) : ScriptedSQS.takes($0) }
        #expect(await queue.send("a", "bad", "c") == [.accepted, .refused, .accepted])
        #expect(queue.sqs.sent == [["a", "bad", "c"], ["a"], ["bad"], ["c"]])
        #expect(queue.readiness.isReady)
    }

    @Test("a refusal that no message can be told for is the queue's")
    func unclear() async {
        let queue = await FoundQueue()
        queue.sqs.onSend { _ in ScriptedSQS.refuses("Unheard") }
        #expect(await queue.send("a", "b") == [.cutOff, .cutOff])
        #expect(!queue.readiness.isReady)
    }

    @Test("sends that fail in a row show in readiness though the queue is found, once in the log, until one succeeds")
    func failing() async {
        let queue = await FoundQueue()
        queue.sqs.onSend { _ in ScriptedSQS.refuses("ServiceUnavailable", 503) }
        for expected in [true, true, false, false] {
            #expect(await queue.send("a") == [.failed])
            #expect((queue.readiness.failures["sending"] == nil) == expected)
        }
        #expect(queue.lines.count == 1)
        queue.sqs.onSend { ScriptedSQS.takes($0) }
        #expect(await queue.send("a") == [.accepted])
        #expect(queue.readiness.failures["sending"] == nil)
        #expect(queue.lines.count == 2)
    }

    @Test("while sends fail it does not count as ready again; after a pause without any it does, and pauses grow")
    func pauses() async throws {
        let queue = await FoundQueue()
        queue.sqs.onSend { _ in ScriptedSQS.refuses("KmsDisabled") }
        _ = await queue.send("a")
        let first = await queue.clock.letOneGo { _ = await queue.send("b") }
        #expect(first == .seconds(5))
        let second = await queue.clock.letOneGo {
            #expect(queue.readiness.failures["sending"] != nil, "it failed during the pause")
        }
        #expect(second == .seconds(5))
        while queue.readiness.failures["sending"] != nil { await Task.yield() }
        _ = await queue.send("c")
        #expect(
            queue.readiness.failures["sending"] != nil, "one failure is enough where nothing has shown the contrary")
        #expect(await queue.clock.letOneGo() == .seconds(10))
        #expect(queue.lines.count == 1)
    }
}
