import AWSCore
import ArgumentParser
import Channels
import Locking
import Testing

@testable import Worker

/// AWS as far as setup sees it, answering AWS JSON 1.0 in memory.
final class ScriptedAWS: Transport {
    struct State {
        var queues: [String: [String: String]] = [:]
        var tableStatus: [String] = []
        var key = [("pk", "HASH"), ("sk", "RANGE")]
        var timeToLive: String?
        var calls: [String] = []
        var error: String?
    }

    let state = Guarded(State())

    var calls: [String] { state.withLock { $0.calls } }

    func client(_ service: AWSService) -> AWSClient {
        struct Static: CredentialsProvider {
            func credentials() async throws -> Credentials { Credentials(accessKeyId: "a", secretAccessKey: "b") }
        }
        return AWSClient(
            service: service, region: "eu-central-1", endpoint: "http://test", credentials: Static(), transport: self,
            settings: .init(retry: RetryPolicy(maxAttempts: 1)))
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let target = request.headers.first { $0.name == "X-Amz-Target" }?.value ?? ""
        let operation = String(target.split(separator: ".").last ?? "")
        let answer = state.withLock { state in
            state.calls.append(operation)
            if let error = state.error { return Answer(400, #"{"__type":"\#(error)","message":"no"}"#) }
            let parsed = try? JSONParser().parse(request.body) { Self.answer(operation, $0, &state) }
            return parsed ?? Answer(400, "{}")
        }
        return HTTPResponse(status: answer.status, body: Array(answer.json.utf8))
    }

    private struct Answer {
        let status: Int
        let json: String

        init(_ status: Int, _ json: String) {
            self.status = status
            self.json = json
        }
    }

    private static func answer(_ operation: String, _ input: JSONValue, _ state: inout State) -> Answer {
        let queue =
            input["QueueName"]?.string ?? input["QueueUrl"]?.string?.split(separator: "/").last.map(String.init) ?? ""
        switch operation {
        case "GetQueueUrl":
            guard state.queues[queue] != nil else {
                return Answer(400, #"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}"#)
            }
            return Answer(200, #"{"QueueUrl":"http://test/1/\#(queue)"}"#)
        case "CreateQueue":
            var attributes: [String: String] = [:]
            for (key, value) in input["Attributes"]?.members ?? input.members where value.string != nil {
                attributes[String(decoding: key, as: UTF8.self)] = value.string
            }
            state.queues[queue] = attributes
            return Answer(200, #"{"QueueUrl":"http://test/1/\#(queue)"}"#)
        case "GetQueueAttributes":
            var attributes = state.queues[queue] ?? [:]
            attributes["QueueArn"] = "arn:aws:sqs:eu-central-1:1:\(queue)"
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("Attributes")
            writer.beginObject()
            for (name, value) in attributes {
                writer.key(escaping: name)
                writer.string(value)
            }
            writer.endObject()
            writer.endObject()
            return Answer(200, String(decoding: writer.bytes, as: UTF8.self))
        case "CreateTable":
            state.tableStatus = ["CREATING", "CREATING", "ACTIVE"]
            return Answer(200, #"{"TableDescription":\#(table(state))}"#)
        case "DescribeTable":
            guard !state.tableStatus.isEmpty else {
                return Answer(400, #"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"}"#)
            }
            let description = table(state)
            if state.tableStatus.count > 1 { state.tableStatus.removeFirst() }
            return Answer(200, #"{"Table":\#(description)}"#)
        case "UpdateTimeToLive":
            state.timeToLive = input["TimeToLiveSpecification"]?["AttributeName"]?.string
            return Answer(200, "{}")
        case "DescribeTimeToLive":
            guard let attribute = state.timeToLive else {
                return Answer(200, #"{"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}}"#)
            }
            return Answer(
                200, #"{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"\#(attribute)"}}"#)
        default: return Answer(400, #"{"__type":"UnknownOperationException"}"#)
        }
    }

    private static func table(_ state: State) -> String {
        let keys = state.key.map { #"{"AttributeName":"\#($0.0)","KeyType":"\#($0.1)"}"# }.joined(separator: ",")
        let types = state.key.map { #"{"AttributeName":"\#($0.0)","AttributeType":"S"}"# }.joined(separator: ",")
        return """
            {"TableName":"items","TableStatus":"\(state.tableStatus.first ?? "")","KeySchema":[\(keys)],\
            "AttributeDefinitions":[\(types)],"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"}}
            """
    }
}

@Suite("Setup")
struct SetupTests {
    private func setUp(_ aws: ScriptedAWS) async throws -> [Finding] {
        let hand = HandClock()
        let isDone = SharedCount(0)
        let running = Task {
            defer { isDone.value = 1 }
            let queues = try await QueueSetup("beacons", client: SQSClient(aws.client(.sqs))).run()
            let table = TableSetup(client: DynamoDBClient(aws.client(.dynamoDB)), name: "items", clock: hand.clock)
            return queues + [try await table.run()]
        }
        await hand.run { isDone.value == 1 }
        return try await running.value
    }

    @Test("Makes queue, dead-letter queue and table, and waits until the table can be used")
    func fromNothing() async throws {
        let aws = ScriptedAWS()
        let findings = try await setUp(aws)
        #expect(findings.map(\.state) == [.created, .created, .created])
        #expect(findings.map(\.subject) == ["dead-letter queue beacons-dead", "queue beacons", "table items"])
        let queues = aws.state.withLock { $0.queues }
        #expect(queues["beacons-dead"] == ["MessageRetentionPeriod": "1209600"])
        #expect(
            queues["beacons"] == [
                "MessageRetentionPeriod": "1209600", "ReceiveMessageWaitTimeSeconds": "20", "VisibilityTimeout": "60",
                "RedrivePolicy":
                    #"{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:1:beacons-dead","maxReceiveCount":20}"#,
            ])
        #expect(aws.state.withLock { $0.timeToLive } == "ttl")
        #expect(aws.state.withLock { $0.tableStatus } == ["ACTIVE"])
    }

    @Test("Repeated, it finds all as it should be and changes nothing")
    func repeated() async throws {
        let aws = ScriptedAWS()
        _ = try await setUp(aws)
        let before = aws.calls.count
        let findings = try await setUp(aws)
        #expect(findings.map(\.state) == Array(repeating: .existed(differences: []), count: 3))
        let changing = ["CreateQueue", "SetQueueAttributes", "CreateTable", "UpdateTimeToLive"]
        #expect(aws.calls[before...].allSatisfy { !changing.contains($0) })
    }

    @Test("What differs is said and left as it is")
    func differences() async throws {
        let aws = ScriptedAWS()
        _ = try await setUp(aws)
        aws.state.withLock { state in
            state.queues["beacons"]?["VisibilityTimeout"] = "30"
            state.queues["beacons"]?["RedrivePolicy"] = nil
            state.timeToLive = nil
            state.key = [("id", "HASH")]
        }
        let lines = try await setUp(aws).map(\.description)
        #expect(lines[1].contains("visibility is 30, it should be 60 s"))
        #expect(lines[1].contains("no redrive is set"))
        #expect(lines[2].contains("TTL is off"))
        #expect(lines[2].contains("the key is id (HASH, S), it must be pk (HASH, S), sk (RANGE, S)"))
        #expect(aws.state.withLock { $0.queues["beacons"]?["VisibilityTimeout"] } == "30")
        #expect(aws.state.withLock { $0.timeToLive } == nil)
    }

    @Test("A redrive policy may be spelled in another way")
    func spelling() async throws {
        let aws = ScriptedAWS()
        _ = try await setUp(aws)
        aws.state.withLock { state in
            state.queues["beacons"]?["RedrivePolicy"] =
                #"{ "maxReceiveCount": "20", "deadLetterTargetArn": "arn:aws:sqs:eu-central-1:1:beacons-dead" }"#
        }
        #expect(try await setUp(aws)[1].state == .existed(differences: []))
    }

    @Test("A setup that died while the table was made is completed by the next")
    func interrupted() async throws {
        let aws = ScriptedAWS()
        aws.state.withLock { $0.tableStatus = ["CREATING", "CREATING", "ACTIVE"] }
        #expect(try await setUp(aws)[2].state == .created)
        #expect(aws.state.withLock { $0.timeToLive } == "ttl")
        #expect(!aws.calls.contains("CreateTable"))
    }

    @Test(
        "A name and a URL mean the same queue",
        arguments: ["beacons", "https://sqs.eu-central-1.amazonaws.com/1/beacons"])
    func names(given: String) {
        let setup = QueueSetup(given, client: SQSClient(ScriptedAWS().client(.sqs)))
        #expect(setup.name == "beacons")
        #expect(setup.deadLetterName == "beacons-dead")
    }

    @Test(
        "Ends with 77 where access is refused, else with 69",
        arguments: [("AccessDeniedException", 77), ("InternalError", 69)])
    func exitStatus(error: String, status: Int32) async throws {
        let aws = ScriptedAWS()
        aws.state.withLock { $0.error = error }
        let failure = await #expect(throws: AWSError.self) {
            _ = try await SQSClient(aws.client(.sqs)).getQueueURL(name: "beacons")
        }
        #expect(Failure.status(of: try #require(failure)).rawValue == status)
    }
}
