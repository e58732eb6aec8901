import AWSCore
import Foundation
import Testing

@Suite("Signatures are botocore's")
struct SigningOracleTests {
    @Test("200 generated requests, signed over the same header fields by botocore", arguments: [UInt64(1)])
    func agrees(seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let cases = (0..<200).map { _ in GeneratedRequest(using: &generator) }
        let encoder = JSONEncoder()
        var input = Data()
        for test in cases {
            input += try encoder.encode(test)
            input += Data("\n".utf8)
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Support/sign_requests.py")
        let output = try run("/usr/bin/env", [Self.python, script.path], input: input)
        let expected = String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init)
        try #require(expected.count == cases.count)
        let keys = SigningKeyCache()
        for (test, expected) in zip(cases, expected) {
            #expect(test.authorization(keys: keys) == expected, "seed \(seed): \(test)")
        }
    }

    /// A Python that has botocore: `BEACON_PYTHON`, or the one that `make` sets up.
    private static var python: String {
        if let python = ProcessInfo.processInfo.environment["BEACON_PYTHON"], !python.isEmpty { return python }
        return URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent(".venv/bin/python").path
    }
}

/// A request as a service client or a metadata client might send it, with awkward paths, queries and values.
private struct GeneratedRequest: Encodable {
    let method: String
    let url: String
    let headers: [[String]]
    let body: String
    let key: String
    let secret: String
    let token: String?
    let service: String
    let region: String
    let seconds: Int64

    init(using generator: inout SplitMix64) {
        method = ["POST", "POST", "GET", "PUT", "DELETE"].randomElement(using: &generator) ?? "POST"
        let secure = Bool.random(using: &generator)
        let port = ["", "", secure ? ":443" : ":80", ":4566"].randomElement(using: &generator) ?? ""
        let path = Self.paths.randomElement(using: &generator) ?? "/"
        let query = Bool.random(using: &generator) ? "" : Self.query(using: &generator)
        url = "\(secure ? "https" : "http")://queue.example.com\(port)\(path)\(query)"
        var headers = [
            ["Content-Type", "application/x-amz-json-1.0"], ["X-Amz-Target", "AmazonSQS.SendMessageBatch"],
        ]
        if Bool.random(using: &generator) { headers.append(["X-AMZ-Meta-B", "  two   blanks \t and a tab "]) }
        if Bool.random(using: &generator) { headers.append(["x-amz-meta-a", "ünïcode, \"quoted  text\""]) }
        if Bool.random(using: &generator) { headers.append(["User-Agent", "not signed"]) }
        headers.shuffle(using: &generator)
        self.headers = headers
        let count = [0, 1, 63, 64, 65, 300, 6000].randomElement(using: &generator) ?? 0
        body = (0..<count).map { _ in
            let hex = String(UInt8.random(in: 0...255, using: &generator), radix: 16)
            return hex.count == 1 ? "0\(hex)" : hex
        }.joined()
        key = "AKIA\(Int.random(in: 100_000...999_999, using: &generator))"
        secret = "\(Int.random(in: 0...3, using: &generator))/secret+ü\(Int.random(in: 0...3, using: &generator))"
        token = Bool.random(using: &generator) ? nil : "token/\(Int.random(in: 0...9, using: &generator))=="
        service = ["sqs", "dynamodb", "sts"].randomElement(using: &generator) ?? "sqs"
        region = ["us-east-1", "eu-central-1", "cn-north-1"].randomElement(using: &generator) ?? "us-east-1"
        // 2001 to 2099.
        seconds = Int64.random(in: 1_000_000_000...4_070_908_800, using: &generator)
    }

    func authorization(keys: SigningKeyCache) -> String? {
        var request = HTTPRequest(
            method: method, url: url, headers: headers.map { HTTPHeader($0[0], $0[1]) },
            body: stride(from: 0, to: body.utf8.count, by: 2).compactMap { start in
                UInt8(body.dropFirst(start).prefix(2), radix: 16)
            })
        let credentials = Credentials(accessKeyId: key, secretAccessKey: secret, sessionToken: token)
        Signer(service: service, region: region, keys: keys)
            .sign(&request, credentials: credentials, at: Timestamp(seconds: seconds))
        return request[header: "authorization"]
    }

    private static let paths = [
        "", "/", "/123456789012/beacons", "/a//b/", "/a/./b/../c", "/with%20space", "/tilde~-._", "/%C3%BC/x/..", "/..",
        "/a/b/.", "/colon:at@plus+comma,",
    ]

    private static func query(using generator: inout SplitMix64) -> String {
        let names = ["Action", "Version", "b", "a", "a-b", "aB", "%C3%A9"]
        let values = ["", "GetCallerIdentity", "2011-06-15", "x%20y", "~", "%2F", "z"]
        let count = Int.random(in: 1...5, using: &generator)
        return "?"
            + (0..<count).map { _ in
                "\(names.randomElement(using: &generator) ?? "")=\(values.randomElement(using: &generator) ?? "")"
            }.joined(separator: "&")
    }
}

extension HTTPRequest {
    fileprivate subscript(header name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }
}
