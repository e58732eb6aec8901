import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

@Suite("What comes behind a request")
struct ConnectionEndTests {
    /// Counts what reaches the decoder, and what the connection asks its socket to read. Closes no half of a channel:
    /// an embedded one would be closed whole.
    private final class Meter: ChannelDuplexHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundIn = Never
        var bytes = 0
        var reads = 0

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += unwrapInboundIn(data).readableBytes
            context.fireChannelRead(data)
        }

        func read(context: ChannelHandlerContext) {
            reads += 1
            context.read()
        }

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            if mode == .output { promise?.succeed() } else { context.close(mode: mode, promise: promise) }
        }
    }

    private func connection(of client: Client) throws -> HTTPConnection {
        try client.channel.pipeline.syncOperations.handler(type: HTTPConnection.self)
    }

    /// Text of 64 KiB.
    static let much = String(repeating: "x", count: 65_536)

    static func chunked(trailer: String) -> String {
        "POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\(trailer)\r\n\r\n"
    }

    static let closing: [(String, Int)] = [
        ("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 404),
        ("CONNECT h:443 HTTP/1.1\r\n\r\n", 400),
        (post("{}", headers: ["Connection: Upgrade", "Upgrade: h2c"]), 200),
        (post("{}", headers: ["Upgrade: h2c"]), 200),
        (post("{}", headers: ["Connection: close"]), 200),
        (post("{}", type: "a/b", headers: ["Connection: close"]), 415),
        (chunked(trailer: "Connection: close"), 200),
        (chunked(trailer: "upgrade: h2c\r\nconnection: upgrade"), 200),
        (request("GET /robots.txt", headers: ["Connection: Upgrade", "Upgrade: h2c"]), 200),
        (request("HEAD /work", headers: ["Connection: Upgrade", "Upgrade: h2c"]), 405),
    ]

    @Test(
        "nothing behind a connection's last request is kept, and the request is answered", arguments: closing,
        [0, 1, 60_000])
    func last(_ last: (request: String, status: Int), _ inSameRead: Int) throws {
        let bench = Bench()
        let client = try bench.connect()
        let meter = Meter()
        try client.channel.pipeline.syncOperations.addHandler(meter, position: .after(connection(of: client)))
        try client.send(last.request + Self.much.prefix(inSameRead))
        let forwarded = meter.bytes
        for _ in 0..<16 { try client.send(Self.much) }
        #expect(meter.bytes == forwarded)
        bench.settle()
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 \(last.status) "))
        #expect(answer.components(separatedBy: "HTTP/1.1 ").count == 2)
        #expect(answer.contains("\r\nConnection: close\r\n"))
        bench.loop.advanceTime(by: .seconds(4))
        #expect(!client.isOpen)
        #expect(bench.packer.pendingBytes == 0)
    }

    @Test("an early answer waits for those before it, and its client has 1 MiB from then on")
    func earlyBehindOthers() throws {
        let bench = Bench()
        let client = try bench.connect()
        let meter = Meter()
        try client.channel.pipeline.syncOperations.addHandler(meter, position: .first)
        try client.send(post("{}") + "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n")
        for _ in 0..<20 { try client.send(Self.much) }
        #expect(client.isOpen)
        client.channel.read()
        #expect(meter.reads == 0, "what the kernel holds stays there")
        bench.settle()
        #expect(meter.reads == 1)
        #expect(try client.statuses() == [200, 413])
        for _ in 0..<15 { try client.send(Self.much) }
        #expect(client.isOpen)
        try client.send(Self.much)
        #expect(!client.isOpen)
    }

    static let ends: [(String, [Int])] = [
        (post("{}"), [200]), (post("{\"a\":\"bcdefgh\"}"), [200]), (post("no"), [400]),
        (request("GET /robots.txt"), [200]), (post("{}", type: "a/b"), [415]),
        ("POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", [200]),
        (post("{}") + request("GET /robots.txt") + post("{}\n", type: "application/x-ndjson"), [200, 200, 200]),
    ]

    @Test(
        "a request that begins in the read that ends another has 10 s, too", arguments: ends,
        ["P", "POST /work HTTP/1.1\r\n", "POST /work HTTP/1.1\r\nHost: h\r\nX: y"])
    func begun(_ end: (requests: String, statuses: [Int]), _ begun: String) throws {
        let bytes = Array(end.requests.utf8)
        // The last read has only the end of the first request, or all of it.
        for kept in [1, 2, 3, 9, bytes.count] {
            let bench = Bench()
            let client = try bench.connect()
            let cut = max(0, bytes.count - kept)
            try client.send(bytes: bytes[..<cut])
            try client.send(bytes: bytes[cut...] + Array(begun.utf8))
            bench.settle()
            #expect(try client.statuses() == end.statuses)
            bench.loop.advanceTime(by: .seconds(9))
            #expect(try client.statuses() == [])
            bench.loop.advanceTime(by: .seconds(2))
            #expect(try client.statuses() == [408])
        }
    }

    @Test("what begins behind a body and ends like it is a request that begins", arguments: [0, 1, 7, 8, 9, 40, 60])
    func same(_ kept: Int) throws {
        let body = "{\"zoom\":12345}"
        let bench = Bench()
        let client = try bench.connect()
        let bytes = Array(post(body).utf8)
        try client.send(bytes: bytes.dropLast(kept))
        try client.send(bytes: bytes.suffix(kept) + Array("POST /work HTTP/1.1\r\nHost: h\r\nX: \(body)".utf8))
        bench.settle()
        #expect(try client.statuses() == [200])
        bench.loop.advanceTime(by: .seconds(11))
        #expect(try client.statuses() == [408])
    }

    @Test("a connection with nothing begun is idle, stray line ends or not", arguments: ends, ["", "\r\n"])
    func idle(_ end: (requests: String, statuses: [Int]), _ stray: String) throws {
        for size in [1, 5, 1000] {
            let bench = Bench()
            let client = try bench.connect()
            let bytes = Array(end.requests.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                let isLast = start + size >= bytes.count
                try client.send(
                    bytes: bytes[start..<min(start + size, bytes.count)] + (isLast ? Array(stray.utf8) : []))
            }
            bench.settle()
            #expect(try client.statuses() == end.statuses)
            bench.loop.advanceTime(by: .seconds(70))
            #expect(client.isOpen)
            bench.loop.advanceTime(by: .seconds(6))
            #expect(!client.isOpen)
            #expect(try client.statuses() == [])
        }
    }

    @Test(
        "what never becomes a head is refused, its line in an earlier read or not",
        arguments: [
            ("", String(repeating: "\r\n", count: 30_000), 431), ("", String(repeating: "a", count: 60_000), 400),
            ("GET /", String(repeating: "a", count: 60_000), 414),
            ("GET /work HTTP/1.1\r\nHost: h\r\nX: ", String(repeating: "a", count: 40_000), 431),
            ("GET /work HTTP/1.1\r\nHost: h\r\nX:", String(repeating: " ", count: 60_000), 431),
        ])
    func endless(_ begun: String, _ rest: String, _ status: Int) throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(request("GET /robots.txt") + begun)
        #expect(try client.statuses() == [200])
        try client.send(rest)
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer)")
    }

    @Test("a body that has not come whole keeps no more memory than has come")
    func unfinishedBody() throws {
        let bench = Bench()
        let client = try bench.connect()
        let connection = try connection(of: client)
        var read = ByteBufferAllocator().buffer(capacity: 65_536)
        read.writeString("POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n{")
        try client.channel.writeInbound(read)
        #expect(connection.body.readableBytes == 1)
        #expect(connection.body.storageCapacity < 1024)
        try client.send(" ")
        #expect(connection.body.readableBytes == 2)
        #expect(connection.body.storageCapacity < 1024)
        try client.send(String(repeating: " ", count: 199_997) + "}")
        #expect(bench.settle().first?.hasSuffix("}}]}") == true)
        #expect(try client.statuses() == [200])
    }
}
