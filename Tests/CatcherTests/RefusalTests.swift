import AWSCore
import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

/// A refusal, what brings it about, and what must be in the answer whichever route it is on.
struct RefusalCase: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    let error: String
    var field: String?
    /// The beacons, as JSON without spaces.
    var body = "{}"
    /// Sent before, by the same client on the same connection.
    var before: String?
    var isCORS = true
    var keys: String?
    var rate: Int?
    var pendingLimit = ByteCount.mebibytes(64)
    var queueLimit: ByteCount?
    var query = ""
    var headers: [String] = []
    var type: String? = "application/json"
    /// A request that claims a longer body than it sends.
    var missing = 0
    /// How long the client then waits.
    var wait = 0
    /// Whether the pixel can be refused so.
    var isForPixel = true
    var testDescription: String { name }

    static let all: [RefusalCase] = [
        RefusalCase(name: "two hosts", status: 400, error: "malformed", headers: ["Host: i"]),
        RefusalCase(name: "no JSON", status: 400, error: "malformed", body: "{"),
        RefusalCase(
            name: "no key", status: 401, error: "unknown_key", field: "WWW-Authenticate: Key", keys: AccessTests.file),
        RefusalCase(
            name: "the origin of another key", status: 403, error: "origin_refused", body: "{\"key\":\"a\"}",
            keys: AccessTests.file),
        RefusalCase(
            name: "no origin of any key", status: 403, error: "origin_refused", isCORS: false,
            keys: "{\"a\":{\"project\":\"p\",\"origins\":[\"https://a.example\"]}}"),
        RefusalCase(name: "a slow body", status: 408, error: "timeout", missing: 1, wait: 31),
        RefusalCase(name: "a length over the limit", status: 413, error: "too_large", missing: 300_000),
        RefusalCase(
            name: "501 beacons", status: 413, error: "too_large",
            body: "[" + Array(repeating: "{}", count: 501).joined(separator: ",") + "]"),
        RefusalCase(
            name: "more than the queue takes", status: 413, error: "too_large",
            body: "{\"a\":\"" + String(repeating: "a", count: 2000) + "\"}", queueLimit: .bytes(1024)),
        RefusalCase(
            name: "a long URL", status: 414, error: "uri_too_long", query: "x=" + String(repeating: "a", count: 16_384)),
        RefusalCase(
            name: "another type", status: 415, error: "unsupported", type: "text/html", isForPixel: false),
        RefusalCase(
            name: "over the rate", status: 429, error: "rate_limited", field: "Retry-After: 2",
            before: post("[" + Array(repeating: "{}", count: 30).joined(separator: ",") + "]"), rate: 10),
        RefusalCase(
            name: "large headers", status: 431, error: "headers_too_large",
            headers: ["X: " + String(repeating: "a", count: 32_768)]),
        RefusalCase(
            name: "too much waits", status: 503, error: "unavailable", field: "Retry-After: 2",
            pendingLimit: .bytes(10)),
    ]

    func bench(_ metrics: CatcherMetrics = CatcherMetrics()) throws -> Bench {
        var options = BeaconRoute.Options()
        options.rateLimit = rate.map { RateLimit(rate: $0) }
        let bench = Bench(options: options, pendingLimit: pendingLimit, metrics: metrics)
        if let queueLimit { bench.packer.setQueueLimit(queueLimit) }
        bench.shared.route.keys = try keys.map { try WriteKeys(json: Array($0.utf8)) }
        return bench
    }

    /// The request as POST, or as the pixel's GET.
    func text(asPixel: Bool, origin: String = RouteTests.origin) -> String {
        var lines = asPixel ? [] : type.map { ["Content-Type: \($0)"] } ?? []
        lines += [origin] + headers
        let length = (asPixel ? 0 : body.utf8.count) + missing
        if length > 0 { lines.append("Content-Length: \(length)") }
        guard asPixel else {
            return request("POST /work?\(query)", headers: lines) + body
        }
        return request("GET /work.gif?d=\(Self.encoded(body))&\(query)", headers: lines)
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// What the client hears.
    func answer(asPixel: Bool, on bench: Bench) throws -> [UInt8] {
        let client = try bench.connect()
        if let before {
            try client.send(before)
            bench.settle()
            #expect(try client.statuses() == [200])
        }
        try client.send(text(asPixel: asPixel))
        bench.settle()
        bench.loop.advanceTime(by: .seconds(Int64(wait)))
        return try client.receivedBytes()
    }
}

@Suite("Refusals")
struct RefusalTests {
    @Test(
        "every refusal has its status, error and sentence, and CORS for an allowed origin", arguments: RefusalCase.all)
    func posts(_ example: RefusalCase) throws {
        let answer = String(decoding: try example.answer(asPixel: false, on: example.bench()), as: UTF8.self)
        #expect(answer.hasPrefix("HTTP/1.1 \(example.status) "))
        #expect(answer.contains("Content-Type: application/json\r\n"))
        #expect(answer.contains("\r\n\r\n{\"error\":\"\(example.error)\",\"detail\":\""))
        if let field = example.field { #expect(answer.contains("\r\n\(field)")) }
        for line in RouteTests.cors { #expect(answer.contains(line) == example.isCORS) }
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
    }

    @Test(
        "the pixel is refused with the same status and header, and a GIF",
        arguments: RefusalCase.all.filter(\.isForPixel))
    func pixels(_ example: RefusalCase) throws {
        let answer = try example.answer(asPixel: true, on: example.bench())
        let pixel = AnswerWriter.pixel
        #expect(answer.suffix(pixel.count) == pixel[...])
        let head = String(decoding: answer.dropLast(pixel.count), as: UTF8.self)
        #expect(head.hasPrefix("HTTP/1.1 \(example.status) "))
        #expect(head.contains("Content-Type: image/gif\r\nCache-Control: no-store\r\nContent-Length: 43\r\n"))
        #expect(head.hasSuffix("\r\n\r\n"))
        if let field = example.field { #expect(head.contains("\r\n\(field)")) }
        for line in RouteTests.cors { #expect(head.contains(line) == example.isCORS) }
    }

    @Test(
        "no answer on a connection carries the origin of an earlier one", arguments: ["", "Origin: https://b.example"])
    func origins(_ origin: String) throws {
        for example in RefusalCase.all where [400, 414, 431].contains(example.status) {
            let bench = try example.bench()
            let client = try bench.connect()
            try client.send(post("{}", headers: [RouteTests.origin]))
            try client.send(example.text(asPixel: false, origin: origin.isEmpty ? "X-None: 1" : origin))
            bench.settle()
            let answers = try client.received().components(separatedBy: "HTTP/1.1 ")
            #expect(answers.count == 3)
            #expect(answers[1].contains("Access-Control-Allow-Origin: https://example.com\r\n"))
            #expect(answers[2].hasPrefix("\(example.status) "))
            #expect(answers[2].contains("Access-Control-Allow-Origin: https://b.example\r\n") == !origin.isEmpty)
            #expect(answers[2].contains("Access-Control-Allow-Origin: ") == !origin.isEmpty)
        }
        let bench = Bench()
        let client = try bench.connect()
        try client.send(post("{}", headers: [RouteTests.origin]) + "no HTTP\r\n\r\n")
        bench.settle()
        let answers = try client.received().components(separatedBy: "HTTP/1.1 ")
        #expect(answers[2].hasPrefix("400 ") && !answers[2].contains("Access-Control"))
    }

    @Test(
        "HEAD is refused like GET, without a body",
        arguments: [
            ("/work", 405), ("/work.gif", 405), ("/work.gif?" + String(repeating: "a", count: 17_000), 414),
            ("/robots.txt", 405), ("/x", 404), ("/x?" + String(repeating: "a", count: 17_000), 414),
        ])
    func head(_ path: String, _ status: Int) throws {
        let client = try Bench().connect()
        try client.send(request("HEAD \(path)"))
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("\r\nContent-Length: "))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }
}
