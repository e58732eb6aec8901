import AWSCore

@testable import Simulator

/// A client of a simulator: signs, sends once, and shows what came back.
struct TestClient: Sendable {
    let simulator: RunningSimulator
    private let transport: CurlTransport
    /// How long a request that is never answered is waited for.
    static let patience = Duration.milliseconds(400)

    init(_ simulator: RunningSimulator) throws {
        self.simulator = simulator
        transport = try CurlTransport()
    }

    /// Calls an operation with a JSON body.
    func call(
        _ operation: Operation, _ json: String, timeout: Duration = .seconds(20), date: Timestamp = .now()
    ) async throws -> HTTPResponse {
        let prefix = operation.service == .sqs ? "AmazonSQS." : "DynamoDB_20120810."
        var request = HTTPRequest(
            method: "POST", url: simulator.endpoint + "/",
            headers: [
                HTTPHeader("Content-Type", "application/x-amz-json-1.0"),
                HTTPHeader("X-Amz-Target", prefix + operation.rawValue),
            ], body: Array(json.utf8))
        Signer(service: operation.service.signingName, region: "us-east-1")
            .sign(&request, credentials: Credentials(accessKeyId: "test", secretAccessKey: "test"), at: date)
        request.timeout = timeout
        return try await transport.send(request)
    }

    /// Asks the control endpoint.
    func control(_ method: String, _ path: String, _ body: String = "") async throws -> HTTPResponse {
        try await transport.send(
            HTTPRequest(method: method, url: simulator.endpoint + path, body: Array(body.utf8)))
    }

    /// A queue's URL.
    func queue(_ name: String = "beacons") -> String { "\(simulator.endpoint)/000000000000/\(name)" }

    /// Makes the queue and the table that the tests use.
    func prepare() async throws {
        _ = try await call(.createQueue, #"{"QueueName":"beacons"}"#)
        _ = try await call(
            .createTable,
            """
            {"TableName":"beacons","BillingMode":"PAY_PER_REQUEST",\
            "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],\
            "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},\
            {"AttributeName":"sk","AttributeType":"S"}]}
            """)
        simulator.meter.reset()
    }

    /// Sends messages in one batch.
    func send(_ bodies: String...) async throws -> HTTPResponse {
        let entries = bodies.enumerated().map { #"{"Id":"\#($0)","MessageBody":"\#($1)"}"# }.joined(separator: ",")
        return try await call(.sendMessageBatch, #"{"QueueUrl":"\#(queue())","Entries":[\#(entries)]}"#)
    }

    /// Receives up to ten messages.
    func receive(wait: Int = 0) async throws -> HTTPResponse {
        try await call(
            .receiveMessage, #"{"QueueUrl":"\#(queue())","MaxNumberOfMessages":10,"WaitTimeSeconds":\#(wait)}"#)
    }

    /// Receives up to ten messages, waiting a second at most, and deletes them.
    ///
    /// - Returns: How many there were.
    func receiveAndDelete() async throws -> Int {
        let handles = try JSONParser().parse(try await receive(wait: 1).body) { root in
            root["Messages"]?.elements.compactMap { $0["ReceiptHandle"]?.string } ?? []
        }
        guard !handles.isEmpty else { return 0 }
        let entries = handles.enumerated().map { #"{"Id":"\#($0)","ReceiptHandle":"\#($1)"}"# }
        _ = try await call(
            .deleteMessageBatch, #"{"QueueUrl":"\#(queue())","Entries":[\#(entries.joined(separator: ","))]}"#)
        return handles.count
    }

    /// Writes items with these sort keys in one batch.
    func write(_ keys: String..., value: String = "x", timeout: Duration = .seconds(20)) async throws
        -> HTTPResponse
    {
        let puts = keys.map {
            #"{"PutRequest":{"Item":{"pk":{"S":"p"},"sk":{"S":"\#($0)"},"v":{"S":"\#(value)"}}}}"#
        }
        return try await call(
            .batchWriteItem, #"{"RequestItems":{"beacons":[\#(puts.joined(separator: ","))]}}"#, timeout: timeout)
    }
}

extension HTTPResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// Starts a simulator with a queue and a table, and stops it after the body.
func withSimulator(
    _ options: SimulatorOptions = SimulatorOptions(), _ body: (TestClient) async throws -> Void
) async throws {
    let simulator = try await Simulator.start(options)
    do {
        let client = try TestClient(simulator)
        try await client.prepare()
        try await body(client)
    } catch {
        try await simulator.stop()
        throw error
    }
    try await simulator.stop()
}
