import Foundation
import Testing

@testable import AWSCore

@Suite("AWS JSON 1.0 is spoken as AWS's own cases have it")
struct ProtocolConformanceTests {
    private struct Suite: Decodable {
        struct Case: Decodable {
            struct Request: Decodable {
                let method: String
                let uri: String
                let body: String?
                let headers: [String: String]?
                let host: String?
            }
            struct Response: Decodable {
                let status_code: Int
                let headers: [String: String]?
                let body: String?
            }
            let id: String
            let serialized: Request?
            let response: Response?
            let errorCode: String?
            let errorMessage: String?
        }
        let description: String
        let cases: [Case]
    }

    private func cases(_ file: String) throws -> [Suite.Case]? {
        guard let folder = try ConformanceData.folder("protocol") else { return nil }
        let data = try Data(contentsOf: folder.appendingPathComponent("protocol/protocols/\(file).json"))
        return try JSONDecoder().decode([Suite].self, from: data).flatMap(\.cases)
    }

    /// Shapes that the client is generated for in the SDKs; here each operation is written by hand, and tested so.
    private static func isOfShapes(_ id: String) -> Bool {
        ["Union", "Deserialize", "FloatInputs"].contains { id.contains($0) }
    }

    @Test("Errors: the code from body or header, without namespace and URI, and the message")
    func errors() throws {
        var count = 0
        var left: [String] = []
        for (file, service) in [
            ("output/json_1_0", AWSService.dynamoDB), ("output/json_1_0-query-compatible", .sqs),
        ] {
            guard let cases = try cases(file) else {
                return ConformanceData.reportNotRun("the 34 answers of AWS JSON 1.0 in protocol.tar.gz")
            }
            for test in cases {
                guard let expected = test.errorCode, let answer = test.response else {
                    left.append(test.id)
                    continue
                }
                count += 1
                let error = ErrorAnswer.error(in: Self.response(answer), service: service, operation: "Operation")
                #expect(error.code.rawValue == expected, Comment(rawValue: test.id))
                if let message = test.errorMessage {
                    #expect(error.message == message, Comment(rawValue: test.id))
                }
            }
        }
        ConformanceData.reportLeftOut(
            left, because: "the output of a made-up operation; ours are written and tested one by one")
        #expect(count == 14)
        #expect(left.count == 20)
    }

    @Test("Errors of DynamoDB's older namespaces")
    func namespaces() throws {
        guard let folder = try ConformanceData.folder("protocol") else {
            return ConformanceData.reportNotRun("an error of DynamoDB's in protocol.tar.gz")
        }
        let file = folder.appendingPathComponent("protocol/response_parsing/json/errors/dynamodb-put-item.json")
        let response = HTTPResponse(status: 400, body: [UInt8](try Data(contentsOf: file)))
        let error = ErrorAnswer.error(in: response, service: .dynamoDB, operation: "PutItem")
        #expect(error.code == "ProvisionedThroughputExceededException")
        #expect(error.message.hasPrefix("The level of configured provisioned throughput"))
        #expect(error.category == .throttled)
    }

    @Test("Requests: method, path, content type, target, query mode and an empty input's body")
    func requests() async throws {
        var count = 0
        var left: [String] = []
        for (file, service, target) in [
            ("input/json_1_0", AWSService.dynamoDB, "DynamoDB_20120810"),
            ("input/json_1_0-query-compatible", .sqs, "AmazonSQS"),
        ] {
            guard let cases = try cases(file) else {
                return ConformanceData.reportNotRun("the 22 requests of AWS JSON 1.0 in protocol.tar.gz")
            }
            for test in cases {
                let host = test.serialized?.host ?? "example.com"
                guard let expected = test.serialized, expected.body == "{}", host.hasPrefix("example.com") else {
                    left.append(test.id)
                    continue
                }
                let headers = expected.headers ?? [:]
                let operation = headers["X-Amz-Target"]?.split(separator: ".").last.map(String.init) ?? "Operation"
                count += 1
                let request = try await sent(service, operation: operation, endpoint: "https://\(host)")
                #expect(request.method == expected.method)
                #expect(request.url == "https://example.com\(expected.uri)")
                #expect(String(decoding: request.body, as: UTF8.self) == "{}")
                for (name, value) in headers where name != "X-Amz-Target" {
                    #expect(request.headers.first { $0.name == name }?.value == value, Comment(rawValue: test.id))
                }
                #expect(request.headers.contains(HTTPHeader("X-Amz-Target", "\(target).\(operation)")))
            }
        }
        ConformanceData.reportLeftOut(
            left.filter(Self.isOfShapes),
            because: "the input of a made-up operation; ours are written and tested one by one")
        ConformanceData.reportLeftOut(
            left.filter { !Self.isOfShapes($0) },
            because: "host prefixes and compressed bodies, which SQS and DynamoDB do not use")
        #expect(count == 5)
        #expect(left.count == 17)
    }

    private func sent(_ service: AWSService, operation: String, endpoint: String) async throws -> HTTPRequest {
        let transport = LastRequestTransport()
        let configuration = try AWSConfiguration(
            .scripted(variables: ["AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "SECRET"]))
        let client = AWSClient(
            service: service, region: "us-east-1", endpoint: endpoint,
            credentials: configuration.credentialsProvider(transport: transport), transport: transport)
        _ = try await client.call(operation, body: Array("{}".utf8))
        return try #require(transport.last)
    }

    private static func response(_ answer: Suite.Case.Response) -> HTTPResponse {
        HTTPResponse(
            status: answer.status_code, headers: (answer.headers ?? [:]).map { HTTPHeader($0.key, $0.value) },
            body: Array((answer.body ?? "").utf8))
    }
}

/// Answers `{}` and remembers the last request.
// @unchecked Sendable: `request` is used under `lock` only.
private final class LastRequestTransport: Transport, @unchecked Sendable {
    private let lock = NSLock()
    private var request: HTTPRequest?

    var last: HTTPRequest? { lock.withLock { request } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        lock.withLock { self.request = request }
        return HTTPResponse(status: 200, body: Array("{}".utf8))
    }
}
