import Logging
import Operations
import Testing

@testable import Catcher

@Suite("What is logged of refusals")
struct RefusalLogTests {
    private func lines(
        _ requests: [String], level: Logger.Level = .debug, address: ClientAddress = .truncate
    ) throws -> [String] {
        let log = LogLines()
        var options = BeaconRoute.Options()
        options.proxies = TrustedProxies([try #require(CIDRBlock(setting: "203.0.113.0/24"))])
        options.clientAddress = address
        let bench = Bench(options: options, logger: log.logger(level))
        let client = try bench.connect()
        for request in requests { try client.send(request) }
        bench.settle()
        return log.lines
    }

    static let forwarded = "X-Forwarded-For: 198.51.100.7, 203.0.113.9"

    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var headers = [RefusalLogTests.forwarded]
        var address = ClientAddress.truncate
        let client: String
        var id: String?
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "behind a proxy", client: "198.51.100.0"),
        Case(name: "kept", address: .keep, client: "198.51.100.7"),
        Case(name: "dropped", address: .drop, client: "-"),
        Case(name: "without a proxy", headers: [], client: "203.0.113.0"),
        Case(name: "X-Request-ID", headers: ["X-Request-Id: r-1"], client: "203.0.113.0", id: "r-1"),
        Case(
            name: "a load balancer's id", headers: ["X-Amzn-Trace-Id: Root=1-67891233-abc"], client: "203.0.113.0",
            id: "Root=1-67891233-abc"),
        Case(
            name: "both", headers: ["X-Amzn-Trace-Id: Root=1", "X-Request-ID: r-2"], client: "203.0.113.0", id: "r-2"),
        Case(
            name: "a long one", headers: ["X-Request-ID: " + String(repeating: "é", count: 100)],
            client: "203.0.113.0", id: String(repeating: "é", count: 64)),
        Case(
            name: "a character across the cut", headers: ["X-Request-ID: a" + String(repeating: "é", count: 100)],
            client: "203.0.113.0", id: "a" + String(repeating: "é", count: 63)),
    ]

    @Test("a refusal at level debug names its client and its request", arguments: cases)
    func named(_ example: Case) throws {
        let long = "/work?" + String(repeating: "a", count: 17_000)
        let refused = [
            (post("no", headers: example.headers), "400"), (post("{}", type: "a/b", headers: example.headers), "415"),
            (post("{}", path: long, headers: example.headers), "414"),
        ]
        for (text, status) in refused {
            let lines = try lines([text], address: example.address)
            #expect(lines.count == 1)
            let line = try #require(lines.first)
            #expect(line.hasPrefix("debug refused client=\(example.client) detail="))
            #expect(line.hasSuffix(" route=/work status=\(status)"))
            let id = try #require(line.firstMatch(of: /request=(.*) route=/)?.1)
            if let expected = example.id { #expect(id == expected) } else { #expect(id.contains(/^\d+-\d+$/)) }
        }
    }

    @Test("each refusal is logged with its own request's id, also where a message settles them later")
    func pipelined() throws {
        let lines = try lines([
            post("{}", headers: ["X-Request-ID: one"]) + post("no", headers: ["X-Request-ID: two"])
                + request("GET /x", headers: ["X-Request-ID: three"]) + post("no")
        ])
        let ids = lines.compactMap { $0.firstMatch(of: /request=(.*) route=/).map { String($0.1) } }
        #expect(ids.count == 3)
        #expect(ids.prefix(2) == ["two", "three"])
        #expect(ids.last?.contains(/^\d+-\d+$/) == true)
    }

    @Test("at level info an outage does not flood the log")
    func quiet() throws {
        #expect(try lines([post("no"), request("GET /x")], level: .info) == [])
    }
}
