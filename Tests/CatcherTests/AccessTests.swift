import AWSCore
import NIOCore
import NIOEmbedded
import Operations
import Testing

@testable import Catcher

@Suite("Who may send")
struct AccessTests {
    static let file = """
        {"a":{"project":"acme","origins":["https://a.example"]},"n":{"project":"nil","origins":["null"]},
         "o":{"project":"open"}}
        """

    struct Case: Sendable, CustomTestStringConvertible {
        let body: String
        var query = ""
        var origin: String?
        let status: Int
        var project: String?
        var testDescription: String { "\(body) \(query) \(origin ?? "")" }
    }

    static let cases: [Case] = [
        Case(body: "{\"key\":\"a\"}", status: 200, project: "acme"),
        Case(body: "{\"key\":\"a\"}", origin: "https://a.example", status: 200, project: "acme"),
        Case(body: "{}", query: "?k=a", status: 200, project: "acme"),
        Case(body: "{}", query: "?x=1&k=%61", status: 200, project: "acme"),
        Case(body: "{\"key\":\"a\"}", query: "?k=o", status: 200, project: "acme"),
        Case(body: "{\"key\":\"o\"}", origin: "https://b.example", status: 200, project: "open"),
        Case(body: "{\"key\":\"a\"}", origin: "https://b.example", status: 403),
        Case(body: "{\"key\":\"n\"}", origin: "null", status: 200, project: "nil"),
        Case(body: "{\"key\":\"o\"}", origin: "null", status: 403),
        Case(body: "{}", status: 401),
        Case(body: "{\"key\":\"x\"}", status: 401),
        Case(body: "{\"key\":1}", status: 401),
        Case(body: "[{\"key\":\"a\"},{\"key\":\"x\"}]", status: 401),
    ]

    @Test("a write key names its project and its origins", arguments: cases)
    func keys(_ example: Case) throws {
        let bench = Bench()
        bench.shared.route.keys = try WriteKeys(json: Array(Self.file.utf8))
        let client = try bench.connect()
        let headers = example.origin.map { ["Origin: \($0)"] } ?? []
        try client.send(post(example.body, path: "/work\(example.query)", headers: headers))
        let bodies = bench.settle()
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 \(example.status) "))
        #expect(
            bodies.first?.contains("\"project\":\"\(example.project ?? "")\"") == (example.status == 200 ? true : nil))
        switch example.status {
        case 401:
            #expect(answer.contains("\"error\":\"unknown_key\""))
            #expect(answer.contains("\r\nWWW-Authenticate: "))
        case 403: #expect(answer.contains("\"error\":\"origin_refused\""))
        default: break
        }
    }

    @Test(
        "a preflight is accepted from an origin that some key allows",
        arguments: [
            ("{\"a\":{\"project\":\"p\",\"origins\":[\"https://a.example\"]}}", "https://a.example", 204),
            ("{\"a\":{\"project\":\"p\",\"origins\":[\"https://a.example\"]}}", "https://b.example", 403),
            ("{\"a\":{\"project\":\"p\"}}", "https://b.example", 204), ("{\"a\":{\"project\":\"p\"}}", "null", 403),
            ("{}", "https://b.example", 403),
        ])
    func preflight(_ file: String, _ origin: String, _ status: Int) throws {
        let bench = Bench()
        bench.shared.route.keys = try WriteKeys(json: Array(file.utf8))
        let client = try bench.connect()
        try client.send(request("OPTIONS /work", headers: ["Origin: \(origin)"]))
        #expect(try client.statuses() == [status])
    }

    @Test(
        "a broken file of keys is refused with what is wrong",
        arguments: [
            "", "[]", "{\"a\":1}", "{\"a\":{}}", "{\"a\":{\"project\":1}}", "{\"\":{\"project\":\"p\"}}",
            "{\"a\":{\"project\":\"p\",\"origins\":\"x\"}}", "{\"a\":{\"project\":\"p\",\"origins\":[1]}}",
        ])
    func brokenKeys(_ file: String) {
        #expect(throws: WriteKeysError.self) { try WriteKeys(json: Array(file.utf8)) }
    }

    static let forwarded: [(String, [String], String)] = [
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.1.1.1"], "198.51.100.1"),
        ("10.0.0.1", ["192.0.2.1", "198.51.100.1,10.1.1.1", " 10.2.2.2 "], "198.51.100.1"),
        ("10.0.0.1", ["10.3.3.3, 10.4.4.4"], "10.3.3.3"),
        ("10.0.0.1", ["198.51.100.1, unknown, 10.4.4.4"], "10.4.4.4"),
        ("10.0.0.1", ["198.51.100.1:1234"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:1234"], "2001:db8::1"),
        ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
    ]

    @Test("the client is the rightmost address that is no trusted proxy's", arguments: forwarded)
    func proxies(_ peer: String, _ values: [String], _ client: String) throws {
        let proxies = TrustedProxies([try #require(CIDRBlock(setting: "10.0.0.0/8"))])
        #expect(proxies.client(of: try #require(IPAddress(peer)), forwarded: values).description == client)
        let none = TrustedProxies([])
        #expect(none.client(of: try #require(IPAddress(peer)), forwarded: values).description == peer)
    }

    @Test("a client over its rate is answered 429 with when to come back; others are not")
    func rate() throws {
        var options = BeaconRoute.Options()
        options.rateLimit = RateLimit(rate: 10)
        let bench = Bench(options: options)
        let client = try bench.connect()
        try client.send(post("[" + Array(repeating: "{}", count: 30).joined(separator: ",") + "]"))
        try client.send(post("{}"))
        bench.settle()
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("HTTP/1.1 429 "))
        #expect(answer.contains("\r\nRetry-After: 2\r\n"))
        #expect(answer.contains("\"error\":\"rate_limited\""))
        let other = try bench.connect(from: "198.51.100.1")
        try other.send(post("{}"))
        bench.loop.advanceTime(by: .seconds(2))
        try client.send(post("{}"))
        bench.settle()
        #expect(try other.statuses() == [200])
        #expect(try client.statuses() == [200])
    }

    @Test("a flood of clients that owe does not cost a look at all of them each")
    func rateFlood() throws {
        let limit = RateLimit(rate: 1, capacity: 100)
        for number in 0..<10_000 {
            let address = try #require(IPAddress("10.0.\(number / 250).\(number % 250)"))
            // Each has just paid when the table is full again, so that there is always one to forget.
            limit.charge(100, to: address, now: .uptimeNanoseconds(UInt64(number) * 1_000_000_000))
        }
        #expect(limit.count <= 101)
        #expect(limit.sweeps <= 10_000 / 50)
    }

    @Test("the rates of many clients are kept in bounded memory, those of one network of IPv6 together")
    func rateMemory() throws {
        let limit = RateLimit(rate: 1, capacity: 100)
        let now = NIODeadline.uptimeNanoseconds(1)
        for number in 0..<1000 {
            let address = try #require(IPAddress("10.0.\(number / 250).\(number % 250)"))
            limit.charge(5, to: address, now: now)
        }
        let first = try #require(IPAddress("2001:db8::1"))
        let second = try #require(IPAddress("2001:db8::2"))
        limit.charge(5, to: first, now: now)
        #expect(limit.wait(for: second, now: now) == .seconds(4))
        #expect(limit.wait(for: second, now: now + .seconds(4)) == nil)
        #expect(limit.count <= 101)
    }
}
