import AWSCore
import Testing

@testable import Catcher

@Suite("The public listener's routes and statuses")
struct RouteTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        let request: String
        let status: Int
        var error: String?
        var holds: [String] = []
        var testDescription: String { name }
    }

    static let origin = "Origin: https://example.com"
    static let cors = [
        "Access-Control-Allow-Origin: https://example.com\r\n", "Vary: Origin\r\n",
        "Access-Control-Allow-Credentials: true\r\n", "Access-Control-Expose-Headers: Retry-After\r\n",
    ]
    static let deep = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)

    static let refused: [Case] = [
        Case(name: "no JSON", request: post("{\"a\":"), status: 400, error: "malformed"),
        Case(name: "an empty body", request: post(""), status: 400, error: "malformed"),
        Case(name: "no object", request: post("42"), status: 400, error: "malformed"),
        Case(name: "an empty array", request: post("[]"), status: 400, error: "malformed"),
        Case(name: "an array with something else in it", request: post("[{},1]"), status: 400, error: "malformed"),
        Case(name: "deep nesting", request: post("{\"a\":\(deep)}"), status: 400, error: "malformed"),
        Case(name: "no HTTP", request: "\u{16}\u{3}\u{1}\r\n\r\n", status: 400, error: "malformed"),
        Case(name: "HTTP/2.0", request: "GET /work HTTP/2.0\r\n\r\n", status: 400, error: "malformed"),
        Case(name: "an unknown path", request: request("GET /"), status: 404, error: "not_found"),
        Case(
            name: "another method", request: request("GET /work"), status: 405, error: "method_not_allowed",
            holds: ["Allow: POST, OPTIONS\r\n"]),
        Case(
            name: "a method on robots.txt", request: request("DELETE /robots.txt"), status: 405,
            error: "method_not_allowed", holds: ["Allow: GET\r\n"]),
        Case(
            name: "a body over the limit", request: post(String(repeating: "a", count: 262_145)), status: 413,
            error: "too_large"),
        Case(
            name: "501 beacons", request: post("[" + Array(repeating: "{}", count: 501).joined(separator: ",") + "]"),
            status: 413, error: "too_large"),
        Case(
            name: "501 events",
            request: post("{\"events\":[" + Array(repeating: "{}", count: 501).joined(separator: ",") + "]}"),
            status: 413, error: "too_large"),
        Case(
            name: "a URL over the limit", request: request("GET /" + String(repeating: "a", count: 16_384)),
            status: 414, error: "uri_too_long"),
        Case(
            name: "headers over the limit",
            request: request("GET /work", headers: ["X: " + String(repeating: "a", count: 32_768)]), status: 431,
            error: "headers_too_large"),
        Case(name: "another content type", request: post("{}", type: "text/html"), status: 415, error: "unsupported"),
        Case(
            name: "another encoding", request: post("{}", headers: ["Content-Encoding: br"]), status: 415,
            error: "unsupported"),
        Case(
            name: "the origin null", request: post("{}", headers: ["Origin: null"]), status: 403,
            error: "origin_refused"),
        Case(
            name: "an error to an allowed origin", request: post("no", headers: [origin]), status: 400,
            error: "malformed", holds: cors),
        Case(
            name: "an unknown path to an allowed origin", request: request("GET /x", headers: [origin]), status: 404,
            error: "not_found", holds: cors),
    ]

    @Test("a request is refused with the contract's status and error", arguments: refused)
    func refusals(_ example: Case) throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(example.request)
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 \(example.status) "))
        #expect(answer.contains("{\"error\":\"\(example.error ?? "")\",\"detail\":\""))
        #expect(answer.contains("Content-Type: application/json\r\n"))
        for text in example.holds { #expect(answer.contains(text)) }
        #expect(bench.settle() == [])
    }

    static let taken: [Case] = [
        Case(name: "an object", request: post("{}"), status: 200),
        Case(name: "an array", request: post("[{\"a\":1},{}]"), status: 200),
        Case(
            name: "lines", request: post("{\"a\":1}\n\n{\"b\":2}\r\n", type: "application/x-ndjson"), status: 200),
        Case(name: "text/plain", request: post("{}", type: "text/plain;charset=UTF-8"), status: 200),
        Case(name: "no content type", request: post("{}", type: nil), status: 200),
        Case(name: "a content type in capitals", request: post("{}", type: "Application/JSON ; x=y"), status: 200),
        Case(name: "an absolute URL", request: post("{}", path: "http://h/work"), status: 200),
        Case(name: "a query", request: post("{}", path: "/work?k=1"), status: 200),
        Case(name: "an allowed origin", request: post("{}", headers: [origin]), status: 200, holds: cors),
        Case(name: "the encoding identity", request: post("{}", headers: ["Content-Encoding: identity"]), status: 200),
    ]

    @Test("beacons are answered 200, empty, only after the queue has accepted them", arguments: taken)
    func accepted(_ example: Case) throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(example.request)
        bench.linger()
        #expect(try client.received() == "")
        #expect(bench.settle().count == 1)
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
        #expect(!answer.lowercased().contains("set-cookie"))
        for text in example.holds { #expect(answer.contains(text)) }
        #expect(client.isOpen)
    }

    @Test("beacons that the queue does not take are answered 503 with Retry-After")
    func unavailable() throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(post("{}", headers: [Self.origin]))
        bench.settle(.queueRefuses)
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 503 "))
        #expect(answer.contains("\r\nRetry-After: "))
        #expect(answer.contains("{\"error\":\"unavailable\""))
        #expect(answer.contains(Self.cors[0]))
    }

    @Test("beacons beyond the pending bytes are answered 503, and taken again when there is room")
    func full() throws {
        let bench = Bench(pendingLimit: .bytes(80))
        let client = try bench.connect()
        try client.send(post("{\"a\":1}"))
        try client.send(post("{\"a\":2}"))
        #expect(bench.settle().count == 1)
        #expect(try client.statuses() == [200, 503])
        #expect(bench.packer.pendingBytes == 0)
        try client.send(post("{\"a\":3}"))
        #expect(bench.settle().count == 1)
        #expect(try client.statuses() == [200])
    }

    @Test(
        "a preflight is answered 204 with what a browser may send", arguments: ["/work", "/work.gif", "/work.gif?d=x"])
    func preflight(_ path: String) throws {
        let client = try Bench().connect()
        try client.send(request("OPTIONS \(path)", headers: [Self.origin, "Access-Control-Request-Method: POST"]))
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 204 "))
        let lines = [
            "Access-Control-Max-Age: 86400\r\n", "Access-Control-Allow-Methods: POST, GET\r\n",
            "Access-Control-Allow-Headers: Content-Type, Content-Encoding\r\n",
        ]
        for text in lines + Self.cors { #expect(answer.contains(text)) }
    }

    @Test("robots are told to stay away")
    func robots() throws {
        let client = try Bench().connect()
        try client.send(request("GET /robots.txt"))
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.hasSuffix("\r\n\r\nUser-agent: *\nDisallow: /\n"))
    }

    @Test(
        "only listed origins are allowed, null too",
        arguments: [("https://a.example", 204), ("null", 204), ("https://b.example", 403)])
    func listedOrigins(_ origin: String, _ status: Int) throws {
        var options = BeaconRoute.Options()
        options.origins = OriginPolicy(["https://A.example:443", "null"].compactMap(Origin.init(setting:)))
        let client = try Bench(options: options).connect()
        try client.send(request("OPTIONS /work", headers: ["Origin: \(origin)"]))
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("Access-Control-Allow-Origin: \(origin)\r\n") == (status == 204))
    }
}
