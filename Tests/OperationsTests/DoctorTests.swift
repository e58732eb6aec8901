import AWSCore
import ArgumentParser
import Locking
import Testing

@testable import Operations

/// Answers as AWS would: by operation, with what each test changes.
private final class ScriptedAWS: Transport {
    typealias Answer = Result<HTTPResponse, TransportError>

    private let answers: [String: Answer]
    private let date: String
    private let asked = Guarded<[(operation: String, request: HTTPRequest)]>([])

    init(_ changes: [String: Answer] = [:], date: String = "Thu, 09 Oct 2025 08:53:20 GMT") {
        answers = Self.healthy.merging(changes) { $1 }
        self.date = date
    }

    var operations: [String] { asked.withLock { $0.map(\.operation) } }

    /// The requests of one operation.
    func requests(_ operation: String) -> [HTTPRequest] {
        asked.withLock { asked in asked.filter { $0.operation == operation }.map(\.request) }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let target = request.headers.first { $0.name.lowercased() == "x-amz-target" }?.value
        var operation = target?.split(separator: ".").last.map(String.init) ?? "GET"
        if request.url.contains("sts") {
            let form = String(decoding: request.body, as: UTF8.self)
            operation = form.hasPrefix("Action=AssumeRoleWithWebIdentity&") ? "AssumeRole" : "GetCallerIdentity"
        }
        asked.withLock { $0.append((operation, request)) }
        var response = try (answers[operation] ?? .success(HTTPResponse(status: 404))).get()
        response.headers.append(HTTPHeader("Date", date))
        return response
    }

    static func ok(_ json: String) -> Answer { .success(HTTPResponse(status: 200, body: Array(json.utf8))) }
    static func error(_ code: String, status: Int = 400) -> Answer {
        .success(HTTPResponse(status: status, body: Array(#"{"__type":"com.amazonaws#\#(code)","message":"m"}"#.utf8)))
    }

    private static let failedEntry = #"""
        {"Successful":[],"Failed":[{"Id":"0","Code":"ReceiptHandleIsInvalid","Message":"m","SenderFault":true}]}
        """#
    private static let healthy: [String: Answer] = [
        "GetCallerIdentity": ok(
            "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a</Arn><UserId>U</UserId>"
                + "<Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"),
        "GetQueueUrl": ok(#"{"QueueUrl":"https://sqs.test/1/beacons"}"#),
        "GetQueueAttributes": ok(
            #"{"Attributes":{"VisibilityTimeout":"60","ReceiveMessageWaitTimeSeconds":"20","RedrivePolicy":"{}","#
                + #""MaximumMessageSize":"1048576","MessageRetentionPeriod":"1209600"}}"#),
        "DeleteMessageBatch": ok(failedEntry),
        "ChangeMessageVisibilityBatch": ok(failedEntry),
        "SendMessageBatch": error("EmptyBatchRequest"),
        "ReceiveMessage": error("InvalidParameterValue"),
        "DescribeTable": ok(
            #"{"Table":{"TableName":"beacons","TableStatus":"ACTIVE","KeySchema":["#
                + #"{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"#
                + #""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},"#
                + #"{"AttributeName":"sk","AttributeType":"S"}],"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"}}}"#
        ),
        "DescribeTimeToLive": ok(
            #"{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"ttl"}}"#),
        "BatchWriteItem": ok(#"{"UnprocessedItems":{}}"#),
    ]
}

struct DoctorTests {
    private let needs: [Doctor.Need] = [
        .queue("beacons", Set(Doctor.QueueUse.allCases)), .table("beacons", [.batchWrite]),
    ]

    private func examine(
        _ aws: ScriptedAWS, _ environment: [String: String] = [:]
    ) async -> DoctorReport {
        let defaults = [
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE1234", "AWS_SECRET_ACCESS_KEY": "very-secret", "AWS_REGION": "eu-test-1",
            "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        ]
        let doctor = Doctor(
            environment: defaults.merging(environment) { $1 }, makeTransport: { _ in aws },
            now: { Timestamp(milliseconds: 1_760_000_000_400) })
        return await doctor.examine(needs)
    }

    private func finding(_ subject: String, in report: DoctorReport) throws -> DoctorFinding {
        try #require(report.findings.first { $0.subject == subject })
    }

    @Test("Where all is well it says where everything comes from, nothing secret, and ends with 0")
    func healthy() async throws {
        let report = await examine(ScriptedAWS())
        #expect(report.exitStatus == .success)
        #expect(try finding("region", in: report).detail.contains("eu-test-1, from AWS_REGION"))
        #expect(try finding("credentials", in: report).detail == "from environment, access key id …1234")
        #expect(try finding("identity", in: report).detail == "arn:aws:iam::1:user/a, account 1")
        #expect(try finding("endpoint of sqs", in: report).detail.contains("the clocks agree"))
        #expect(try finding("queue beacons", in: report).state == .good)
        #expect(try finding("queue beacons", in: report).detail.contains("visibility 60 s, long poll 20 s"))
        #expect(try finding("table beacons", in: report).state == .good)
        #expect(try finding("sqs:DeleteMessage", in: report).state == .good)
        #expect(try finding("sqs:SendMessage", in: report).state == .unknown)
        #expect(try finding("dynamodb:BatchWriteItem", in: report).state == .good)
        #expect(report.findings.count == 12)
        let output = report.text() + String(decoding: report.json(), as: UTF8.self)
        #expect(!output.contains("very-secret") && !output.contains("AKIAEXAMPLE"))
    }

    @Test(
        "What is missing or out of reach ends with 69, what is refused with 77, what only settings lack with 0",
        arguments: [
            ("GetQueueUrl", ScriptedAWS.error("QueueDoesNotExist"), "queue beacons", DoctorFinding.State.bad, 69),
            ("GetQueueUrl", ScriptedAWS.error("AccessDeniedException"), "queue beacons", .refused, 77),
            ("GetQueueUrl", .failure(TransportError(.connect, "refused")), "queue beacons", .bad, 69),
            ("GetQueueAttributes", ScriptedAWS.error("AccessDeniedException"), "queue beacons", .warning, 0),
            ("GetQueueAttributes", ScriptedAWS.ok(#"{"Attributes":{}}"#), "queue beacons", .warning, 0),
            ("SendMessageBatch", ScriptedAWS.error("AccessDeniedException"), "sqs:SendMessage", .refused, 77),
            ("DeleteMessageBatch", ScriptedAWS.error("AccessDenied", status: 403), "sqs:DeleteMessage", .refused, 77),
            (
                "GetQueueAttributes", ScriptedAWS.error("SignatureDoesNotMatch", status: 403), "queue beacons",
                .refused,
                77
            ),
            ("DescribeTable", ScriptedAWS.error("ResourceNotFoundException"), "table beacons", .bad, 69),
            ("DescribeTable", ScriptedAWS.error("UnrecognizedClientException"), "table beacons", .refused, 77),
            ("DescribeTable", ScriptedAWS.error("AccessDeniedException"), "table beacons", .warning, 0),
            ("BatchWriteItem", ScriptedAWS.error("AccessDeniedException"), "dynamodb:BatchWriteItem", .refused, 77),
            ("GetCallerIdentity", .failure(TransportError(.connect, "no route")), "identity", .unknown, 0),
            ("GET", .failure(TransportError(.connect, "no route")), "endpoint of sqs", .bad, 69),
        ])
    fileprivate func trouble(
        operation: String, answer: ScriptedAWS.Answer, subject: String, state: DoctorFinding.State, status: Int32
    ) async throws {
        let report = await examine(ScriptedAWS([operation: answer]))
        let finding = try finding(subject, in: report)
        #expect(finding.state == state)
        #expect(state == .unknown || finding.advice != nil)
        #expect(report.exitStatus == ExitCode(status))
    }

    @Test("No credentials are refused, a wrong setting is bad, and each says what to do")
    func configuration() async throws {
        let none = await examine(ScriptedAWS(), ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""])
        #expect(none.exitStatus == .noPermission)
        #expect(try finding("credentials", in: none).detail.contains("environment"))
        #expect(try finding("queue beacons", in: none).state == .unknown, "nothing is asked without credentials")
        #expect(none.findings.filter { $0.state == .refused }.count == 1, "and it is said once")
        let region = await examine(ScriptedAWS(), ["AWS_REGION": "no region"])
        #expect(region.exitStatus == .unavailable)
        #expect(region.findings.last?.advice != nil)
        let endpoint = await examine(ScriptedAWS(), ["AWS_ENDPOINT_URL_SQS": "nonsense"])
        #expect(try finding("endpoint of sqs", in: endpoint).state == .bad)
        #expect(try finding("table beacons", in: endpoint).state == .good)
    }

    @Test(
        "A role that STS refuses ends with 77, an STS out of reach with 69",
        arguments: [
            (Self.refusal("AccessDenied", 403), DoctorFinding.State.refused, 77),
            (Self.refusal("InvalidIdentityToken", 400), .refused, 77),
            (Self.refusal("ExpiredTokenException", 400), .refused, 77),
            (.success(HTTPResponse(status: 503)), .bad, 69),
            (.failure(TransportError(.connect, "no route")), .bad, 69),
        ] as [(ScriptedAWS.Answer, DoctorFinding.State, Int32)])
    fileprivate func role(answer: ScriptedAWS.Answer, state: DoctorFinding.State, status: Int32) async throws {
        let report = await examine(
            ScriptedAWS(["AssumeRole": answer]),
            [
                "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
                // Any file with text will do.
                "AWS_WEB_IDENTITY_TOKEN_FILE": #filePath,
            ])
        #expect(try finding("credentials", in: report).state == state)
        #expect(report.exitStatus == ExitCode(status))
    }

    private static func refusal(_ code: String, _ status: Int) -> ScriptedAWS.Answer {
        .success(
            HTTPResponse(
                status: status,
                body: Array("<ErrorResponse><Error><Code>\(code)</Code></Error></ErrorResponse>".utf8)))
    }

    @Test("Requests are signed for the endpoint's own region, and none waits for a message")
    func requests() async throws {
        let aws = ScriptedAWS()
        let report = await examine(aws, ["AWS_REGION": "local"])
        #expect(report.exitStatus == .success)
        let table = try #require(aws.requests("DescribeTable").first)
        #expect(table.url == "http://localhost:8000/")
        let authorization = table.headers.first { $0.name == "Authorization" }
        #expect(authorization?.value.contains("/us-east-1/dynamodb/") == true)
        let receive = try #require(aws.requests("ReceiveMessage").first)
        #expect(String(decoding: receive.body, as: UTF8.self).contains(#""WaitTimeSeconds":0"#))
    }

    @Test(
        "A TTL that is being turned on counts as on; one that is off, going off or elsewhere is a warning",
        arguments: [
            ("ENABLED", "ttl", DoctorFinding.State.good, "TTL on ttl"),
            ("ENABLING", "ttl", .good, "TTL on ttl being turned on"), ("ENABLING", "end", .warning, "TTL on end"),
            ("DISABLING", "ttl", .warning, "no TTL"), ("DISABLED", "ttl", .warning, "no TTL"),
        ])
    func timeToLive(status: String, attribute: String, state: DoctorFinding.State, text: String) async throws {
        let answer = ScriptedAWS.ok(
            #"{"TimeToLiveDescription":{"TimeToLiveStatus":"\#(status)","AttributeName":"\#(attribute)"}}"#)
        let report = await examine(ScriptedAWS(["DescribeTimeToLive": answer]))
        let finding = try finding("table beacons", in: report)
        #expect(finding.state == state)
        #expect(finding.detail.contains(text))
    }

    @Test(
        "The clocks' difference is said, and beyond a minute it is a warning",
        arguments: [
            ("Thu, 09 Oct 2025 08:53:50 GMT", DoctorFinding.State.good, "29 s ahead of"),
            ("Thu, 09 Oct 2025 08:43:20 GMT", .warning, "600 s behind"),
        ])
    func clock(date: String, state: DoctorFinding.State, text: String) async throws {
        let finding = try finding("endpoint of sqs", in: await examine(ScriptedAWS(date: date)))
        #expect(finding.state == state)
        #expect(finding.detail.contains(text))
    }

    @Test("A table with another key, or not yet active, cannot be used")
    func unusableTable() async throws {
        for table in [
            #"{"Table":{"TableName":"beacons","TableStatus":"ACTIVE","KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"#
                + #""AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}]}}"#,
            #"{"Table":{"TableName":"beacons","TableStatus":"CREATING","KeySchema":["#
                + #"{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],"#
                + #""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},"#
                + #"{"AttributeName":"sk","AttributeType":"S"}]}}"#,
        ] {
            let report = await examine(ScriptedAWS(["DescribeTable": ScriptedAWS.ok(table)]))
            #expect(try finding("table beacons", in: report).state == .bad)
            #expect(report.exitStatus == .unavailable)
        }
    }

    @Test("It writes nothing, deletes nothing and receives nothing that exists")
    func harmless() async {
        let aws = ScriptedAWS()
        _ = await examine(aws)
        #expect(Set(aws.operations).isDisjoint(with: ["CreateQueue", "SetQueueAttributes", "CreateTable", "PutItem"]))
    }

    @Test("The report is text for a person and JSON for a program")
    func rendering() {
        let report = DoctorReport([
            DoctorFinding("region", .good, "eu"), DoctorFinding("queue \"b\"", .bad, "a\nb", advice: "run setup"),
        ])
        #expect(
            report.text() == """
                ok       region     eu
                BAD      queue "b"  a\\nb
                                    → run setup

                It could not run.
                """)
        #expect(
            String(decoding: report.json(), as: UTF8.self)
                == #"{"ok":false,"findings":[{"subject":"region","state":"good","detail":"eu"},"#
                + #"{"subject":"queue \"b\"","state":"bad","detail":"a\nb","advice":"run setup"}]}"#)
    }
}
