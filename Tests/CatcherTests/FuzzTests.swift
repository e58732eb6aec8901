import AWSCore
import CZlib
import NIOCore
import NIOEmbedded
import Operations
import Testing

@testable import Catcher

/// Requests that are nearly right: what is right is kept small, here and in the repository; the rest is chance.
struct RequestMutator {
    /// Seeded, so that a failure can be repeated.
    var random: SplitMix64

    static let corpus: [[UInt8]] = {
        let beacon =
            "{\"v\":1,\"key\":\"a\",\"events\":[{\"name\":\"map.load\",\"center\":[-122.75,53.91],\"zoom\":1e1}]}"
        let texts = [
            post("{}"), post("[\(beacon),{\"a\":\"\\ud800\\u0000é\"}]"),
            post("{\"a\":123456789012345678901234567890}\n{}\r\n", type: "application/x-ndjson"),
            post(
                beacon, type: "text/plain;charset=UTF-8",
                headers: ["Origin: https://a.example", "User-Agent: é\u{FFFE}"]),
            request("OPTIONS /work", headers: ["Origin: null", "Access-Control-Request-Method: POST"]),
            request("GET /work.gif?k=a&d=%7B%22a%22%3A1%7D"), request("GET /work.gif?d=eyJhIjoxfQ"),
            request("GET /robots.txt", headers: ["Connection: close"]), request("HEAD http://h/work?x"),
            post("{}", headers: ["Sec-GPC: 1", "X-Forwarded-For: 1.2.3.4, [::1]:5, 10.0.0.1"]),
            post("{}", headers: ["Expect: 100-continue", "Upgrade: h2c", "Connection: Upgrade"]),
            "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n",
            request("OPTIONS /", headers: ["Connection: Upgrade", "Upgrade: x"]),
            "POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\n{\"a\r\n4\r\n\":1}\r\n0\r\nT: x\r\n\r\n",
            "POST /work HTTP/1.0\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n{}",
        ]
        let zipped = [("gzip", 31), ("deflate", 15), ("deflate", -15)].map { encoding, bits in
            let body = compress(Array(beacon.utf8), windowBits: Int32(bits))
            let head =
                "POST /work HTTP/1.1\r\nHost: h\r\nContent-Encoding: \(encoding)\r\nContent-Length: \(body.count)\r\n\r\n"
            return Array(head.utf8) + body
        }
        return texts.map { Array($0.utf8) } + zipped
    }()

    static let words: [[UInt8]] =
        [
            "\r\n", "\n", "\r\n\r\n", ":", " ", "\t", "\u{0}", "0", "-1", "99999999999999999999",
            "Content-Length: 2\r\n",
            "Transfer-Encoding: chunked\r\n", "Host: i\r\n", "Origin: x\r\n", "Content-Encoding: gzip\r\n", "[", "]",
            "{", "}",
            "\"", "\\", "\\ud83d", "\\udc00", "1e999", "\u{FEFF}", "null", "HTTP/1.1", "GET ", "POST ", "/work", "?k=%",
            "%00", "CONNECT ", "Connection: Upgrade\r\nUpgrade: h2c\r\n",
            "{\"events\":[", "application/x-ndjson", "chunked", ",", "Connection: close\r\n",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xEF, 0xBF, 0xBF], [0xED, 0xA0, 0x80], Array(repeating: 0x61, count: 20_000),
        ]

    /// The next input: one to three requests behind one another, changed here and there.
    mutating func next() -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            bytes += Self.corpus.randomElement(using: &random) ?? []
        }
        for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, at + Int.random(in: 1...16, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 2: bytes.removeSubrange(at..<end)
        case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
        case 4: bytes.removeSubrange(at...)
        case 5: bytes.replaceSubrange(at..<end, with: Self.words.randomElement(using: &random) ?? [])
        default: bytes.insert(contentsOf: Self.words.randomElement(using: &random) ?? [], at: at)
        }
    }
}

@Suite("Fuzzing the public listener", .timeLimit(.minutes(60)))
struct FuzzTests {
    /// `CATCHER_FUZZ_SECONDS` asks for more, `CATCHER_FUZZ_SEED` for the same again.
    static let environment = ProcessEnvironment.all()
    static let duration = Duration.seconds(environment["CATCHER_FUZZ_SECONDS"].flatMap { Int($0) } ?? 5)
    static let seed = environment["CATCHER_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)

    static let statuses: Set<Int> = [100, 200, 204, 400, 401, 403, 404, 405, 408, 413, 414, 415, 429, 431, 503]

    @Test(
        "whatever arrives, however cut, is answered with a status of the contract, in time, and what is packed is whole"
    )
    func fuzz() throws {
        var options = BeaconRoute.Options()
        options.proxies = TrustedProxies([try #require(CIDRBlock(setting: "203.0.113.0/24"))])
        let bench = Bench(options: options, messageLimit: .bytes(4096), pendingLimit: .bytes(1 << 20))
        options.rateLimit = RateLimit(rate: 2)
        let keyed = Bench(options: options, messageLimit: .bytes(4096), pendingLimit: .bytes(1 << 20))
        keyed.shared.route.keys = try WriteKeys(json: Array(AccessTests.file.utf8))
        let parser = JSONParser()
        let end = ContinuousClock.now + Self.duration
        var executions = 0
        while ContinuousClock.now < end {
            let seed = Self.seed &+ UInt64(executions)
            try run(seed, executions % 4 == 0 ? keyed : bench, parser)
            executions += 1
        }
        print("fuzzing: \(executions) executions from seed \(Self.seed)")
    }

    private func run(_ seed: UInt64, _ bench: Bench, _ parser: JSONParser) throws {
        var mutator = RequestMutator(random: SplitMix64(seed: seed))
        let input = mutator.next()
        let client = try bench.connect()
        var sent = 0
        while sent < input.count && client.isOpen {
            let count = min(input.count - sent, Int.random(in: 1...max(1, input.count), using: &mutator.random))
            try? client.send(bytes: input[sent..<(sent + count)])
            sent += count
        }
        let isWhole = client.isOpen
        bench.linger()
        try settle(seed, bench, parser)
        var statuses = try client.statuses()
        // Longer than a head, a body and the client of an early answer may take: what is left is idle.
        for _ in 0..<34 { bench.loop.advanceTime(by: .seconds(1)) }
        statuses += try client.statuses()
        for status in statuses { #expect(Self.statuses.contains(status), "seed \(seed)") }
        try checkComplete(input, statuses, client, sawAll: isWhole, seed)
        if client.isOpen { try client.channel.close().wait() }
        #expect(bench.metrics.connections.value == 0, "seed \(seed)")
        #expect(bench.packer.pendingBytes == 0, "seed \(seed)")
    }

    /// A connection that is still open owes nothing: it answers what comes next, and nothing before that.
    private func checkComplete(
        _ input: [UInt8], _ statuses: [Int], _ client: Client, sawAll: Bool, _ seed: UInt64
    ) throws {
        let answers = statuses.filter { $0 != 100 }
        let text = input.drop { $0 == 0x0D || $0 == 0x0A }
        #expect(text.isEmpty || !answers.isEmpty, "seed \(seed): what arrived has no answer")
        guard client.isOpen else { return }
        #expect(sawAll, "seed \(seed)")
        try client.send(request("GET /robots.txt"))
        #expect(try client.statuses() == [200], "seed \(seed): the connection no longer hears")
    }

    private func settle(_ seed: UInt64, _ bench: Bench, _ parser: JSONParser) throws {
        for message in bench.messages() {
            // A message that the worker could not read would be lost to its client.
            let beacons = try parser.parse(message.bytes) { root in
                #expect(root["id"]?.string == message.id, "seed \(seed)")
                return (root["beacons"]?.elements).map { $0.filter { $0["body"]?.kind == .object }.count }
            }
            #expect(beacons == message.beacons, "seed \(seed)")
            bench.packer.settled(message)
            bench.shared.messageSettled(message.waiting[0], nil)
        }
    }
}
