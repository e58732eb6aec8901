import AWSCore
import Testing

@testable import Catcher

@Suite("What the envelope says of a beacon")
struct EnvelopeTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let name: String
        var address = "203.0.113.77"
        var policy = ClientAddress.truncate
        var honoursGPC = true
        var headers: [String] = []
        let entry: String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "IPv4, truncated", entry: "\"ip\":\"203.0.113.0\","),
        Case(name: "IPv6, truncated", address: "2001:db8:1:2::3", entry: "\"ip\":\"2001:db8:1::\","),
        Case(name: "the whole address", policy: .keep, entry: "\"ip\":\"203.0.113.77\","),
        Case(name: "no address", policy: .drop, entry: ""),
        Case(
            name: "user agent and origin", headers: ["User-Agent: A \"B\"", "Origin: https://example.com"],
            entry: "\"ip\":\"203.0.113.0\",\"ua\":\"A \\\"B\\\"\",\"origin\":\"https://example.com\","),
        Case(
            name: "Sec-GPC", headers: ["user-agent: A", "SEC-GPC: 1", "Origin: https://example.com"],
            entry: "\"origin\":\"https://example.com\",\"gpc\":true,"),
        Case(
            name: "Sec-GPC, ignored", honoursGPC: false, headers: ["Sec-GPC: 1"], entry: "\"ip\":\"203.0.113.0\","),
        Case(name: "Sec-GPC of another value", headers: ["Sec-GPC: 0"], entry: "\"ip\":\"203.0.113.0\","),
    ]

    @Test("facts of the request are in the envelope, absent ones are left out", arguments: cases)
    func facts(_ example: Case) throws {
        var options = BeaconRoute.Options()
        options.clientAddress = example.policy
        options.honoursGPC = example.honoursGPC
        let bench = Bench(options: options)
        let client = try bench.connect(from: example.address)
        try client.send(post(" {\"n\" : 1e2} ", headers: example.headers))
        let body = try #require(bench.settle().first)
        #expect(
            body.hasSuffix("\"beacons\":[{\"at\":1760000000200,\(example.entry)\"body\":{\"n\" : 1e2}}]}"),
            "\(body)")
    }

    @Test("beacons of several requests and connections share a message, in their order, as they came")
    func shared() throws {
        let bench = Bench()
        let first = try bench.connect()
        let second = try bench.connect(from: "198.51.100.1")
        try first.send(post("[{\"a\":1} , {\"a\":2}]"))
        try second.send(post("{\"a\":3}\n{\"a\":4}", type: "application/x-ndjson"))
        let bodies = bench.settle()
        #expect(bodies.count == 1)
        let body = try #require(bodies.first)
        let beacons = body.components(separatedBy: "\"body\":").dropFirst().map { $0.prefix(7) }
        #expect(beacons == ["{\"a\":1}", "{\"a\":2}", "{\"a\":3}", "{\"a\":4}"])
        #expect(try first.statuses() == [200])
        #expect(try second.statuses() == [200])
    }

    @Test("a request whose beacons span messages is answered when the last of them is accepted")
    func spanning() throws {
        let bench = Bench(messageLimit: .bytes(1024))
        let client = try bench.connect()
        let beacon = "{\"a\":\"" + String(repeating: "x", count: 300) + "\"}"
        try client.send(post("[" + Array(repeating: beacon, count: 5).joined(separator: ",") + "]"))
        bench.linger()
        let messages = bench.messages()
        #expect(messages.map(\.beacons) == [2, 2, 1])
        for message in messages.dropLast() { bench.shared.messageSettled(message.waiting[0], nil) }
        #expect(try client.statuses() == [])
        bench.shared.messageSettled(messages[2].waiting[0], nil)
        #expect(try client.statuses() == [200])
    }

    @Test("a request of which one message is not durable is answered 503")
    func partly() throws {
        let bench = Bench(messageLimit: .bytes(1024))
        let client = try bench.connect()
        let beacon = "{\"a\":\"" + String(repeating: "x", count: 700) + "\"}"
        try client.send(post("[\(beacon),\(beacon)]"))
        bench.linger()
        let messages = bench.messages()
        #expect(messages.count == 2)
        bench.shared.messageSettled(messages[0].waiting[0], .queueRefuses)
        bench.shared.messageSettled(messages[1].waiting[0], nil)
        #expect(try client.statuses() == [503])
    }
}
