import AWSCore
import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

@Suite("A connection of the public listener")
struct ConnectionTests {
    @Test("a request may arrive in any pieces", arguments: [1, 2, 3, 7, 50])
    func pieces(_ size: Int) throws {
        let bench = Bench()
        let client = try bench.connect()
        let bytes = Array((post("{\"a\":1}") + post("{\"a\":2}")).utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try client.send(bytes: bytes[start..<min(start + size, bytes.count)])
        }
        bench.settle()
        #expect(try client.statuses() == [200, 200])
    }

    @Test("pipelined requests are answered in their order")
    func pipelining() throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(post("{}") + post("no") + request("GET /robots.txt") + post("{}"))
        #expect(try client.received() == "")
        bench.settle()
        #expect(try client.statuses() == [200, 400, 200, 200])
        #expect(client.isOpen)
    }

    /// Counts what the connection asks its socket to read.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0

        func read(context: ChannelHandlerContext) {
            count += 1
            context.read()
        }
    }

    @Test("nothing more is read from a connection that has as many requests waiting as may")
    func pipelineLimit() throws {
        var options = BeaconRoute.Options()
        options.limits.pipelined = 4
        let bench = Bench(options: options)
        let client = try bench.connect()
        let reads = Reads()
        try client.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        try client.send(String(repeating: post("{}"), count: 3))
        client.channel.read()
        #expect(reads.count == 1)
        try client.send(post("{}"))
        client.channel.read()
        client.channel.read()
        #expect(reads.count == 1)
        bench.settle()
        #expect(try client.statuses() == [200, 200, 200, 200])
        #expect(reads.count == 2)
    }

    struct Ending: CustomTestStringConvertible, Sendable {
        let request: String
        let isKept: Bool
        var testDescription: String { request }
    }

    @Test(
        "the connection is kept or closed as the client says",
        arguments: [
            Ending(request: "GET /robots.txt HTTP/1.1\r\nHost: h\r\n\r\n", isKept: true),
            Ending(request: "GET /robots.txt HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", isKept: false),
            Ending(request: "GET /robots.txt HTTP/1.1\r\nHost: h\r\nConnection: TE, Close\r\n\r\n", isKept: false),
            Ending(request: "GET /robots.txt HTTP/1.0\r\n\r\n", isKept: false),
            Ending(request: "GET /robots.txt HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", isKept: true),
        ])
    func endings(_ ending: Ending) throws {
        let client = try Bench().connect()
        try client.send(ending.request)
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Connection: close\r\n") != ending.isKept)
        #expect(client.isOpen == ending.isKept)
    }

    static let smuggling: [String] = [
        "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 2, 2\r\n\r\n{}",
        "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: +2\r\n\r\n{}",
        "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "POST /work HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length : 2\r\n\r\n{}",
        "POST /work HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 2\r\n\r\n{}",
        "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 2\n\r\n{}",
        "POST /work HTTP/1.1\r\nHost: h\r\nX: a\u{0}b\r\nContent-Length: 2\r\n\r\n{}",
        "POST /work HTTP/1.1\r\nHost: h\r\nHost: i\r\nContent-Length: 2\r\n\r\n{}",
        "POST /work HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}",
    ]

    @Test("a request that two servers could read in two ways is refused, and the connection ends", arguments: smuggling)
    func smuggled(_ request: String) throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(request)
        #expect(bench.settle() == [])
        let answer = try client.received()
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.contains("\"error\":\"malformed\""))
        try client.send(post("{}"))
        #expect(try client.received() == "")
    }

    @Test("a chunked body is put together", arguments: [1, 3, 1000])
    func chunks(_ size: Int) throws {
        let bench = Bench()
        let client = try bench.connect()
        let head = "POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
        let bytes = Array((head + "3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\nX: y\r\n\r\n" + post("{}")).utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try client.send(bytes: bytes[start..<min(start + size, bytes.count)])
        }
        let bodies = bench.settle()
        #expect(bodies.first?.contains("\"body\":{\"a\":1}}") == true)
        #expect(try client.statuses() == [200, 200])
    }

    @Test(
        "a chunked body that is malformed or too large is refused",
        arguments: [
            ("x\r\n{}\r\n0\r\n\r\n", 400), ("2\r\n{}x\r\n0\r\n\r\n", 400), ("2\n{}\r\n0\r\n\r\n", 400),
            ("40001\r\n" + String(repeating: "x", count: 0x40001), 413), ("fffffffffffffffff\r\n", 400),
        ])
    func badChunks(_ chunks: String, _ status: Int) throws {
        let client = try Bench().connect()
        try client.send("POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
        #expect(try client.statuses() == [status])
    }

    @Test("limits hold exactly", arguments: [-1, 0, 1])
    func limits(_ excess: Int) throws {
        let isOver = excess > 0
        let client = try Bench().connect()
        try client.send(request("GET /" + String(repeating: "a", count: 16_383 + excess)))
        #expect(try client.statuses() == [isOver ? 414 : 404])

        let other = try Bench().connect()
        let line = "Host: beacons.example\r\nX: \r\n".utf8.count
        try other.send(
            request("GET /x", headers: ["X: " + String(repeating: "a", count: 32_768 - line + excess)]))
        #expect(try other.statuses() == [isOver ? 431 : 404])

        let bench = Bench()
        let sender = try bench.connect()
        try sender.send(post("{\"a\":\"" + String(repeating: "a", count: 262_144 - 8 + excess) + "\"}"))
        bench.settle()
        #expect(try sender.statuses() == [isOver ? 413 : 200])

        try sender.send("")
        let many = try bench.connect()
        try many.send(post("[" + Array(repeating: "{}", count: 500 + excess).joined(separator: ",") + "]"))
        bench.settle()
        #expect(try many.statuses() == [isOver ? 413 : 200])
        let events = Array(repeating: "{}", count: 500 + excess).joined(separator: ",")
        let full = try bench.connect()
        try full.send(post("{\"events\":[\(events)]}"))
        bench.settle()
        #expect(try full.statuses() == [isOver ? 413 : 200])
    }

    @Test("a request that does not arrive whole in time is answered 408")
    func timeouts() throws {
        let bench = Bench()
        let slowHead = try bench.connect()
        try slowHead.send("POST /work HTTP/1.1\r\nHost: ")
        let slowBody = try bench.connect()
        try slowBody.send("POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n{")
        let slowChunks = try bench.connect()
        try slowChunks.send("POST /work HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{")
        for _ in 0..<9 {
            bench.loop.advanceTime(by: .seconds(1))
            try slowHead.send("T")
        }
        #expect(try slowHead.received() == "")
        bench.loop.advanceTime(by: .seconds(2))
        #expect(try slowHead.statuses() == [408])
        #expect(try slowBody.received() == "")
        bench.loop.advanceTime(by: .seconds(20))
        #expect(try slowBody.statuses() == [408])
        #expect(try slowChunks.statuses() == [408])
    }

    @Test("a connection that waits for a request is closed after the idle timeout, one that waits for an answer is not")
    func idle() throws {
        let bench = Bench()
        let idle = try bench.connect()
        let waiting = try bench.connect()
        try waiting.send(post("{}"))
        bench.loop.advanceTime(by: .seconds(74))
        #expect(idle.isOpen)
        bench.loop.advanceTime(by: .seconds(2))
        #expect(!idle.isOpen)
        #expect(waiting.isOpen)
        #expect(bench.metrics.connections.value == 1)
    }

    @Test("bodies that come slowly count among the pending bytes, which are bounded")
    func slowBodies() throws {
        let bench = Bench(pendingLimit: .bytes(5000))
        let head = "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 4000\r\n\r\n"
        let first = try bench.connect()
        try first.send(head + String(repeating: " ", count: 3000))
        #expect(bench.packer.pendingBytes == 3000)
        let second = try bench.connect()
        try second.send(head + String(repeating: " ", count: 3000))
        #expect(try second.statuses() == [503])
        #expect(bench.packer.pendingBytes == 3000)
        try first.send(String(repeating: " ", count: 998) + "{}")
        bench.settle()
        #expect(try first.statuses() == [200])
        let third = try bench.connect()
        try third.send(head + "x")
        #expect(bench.packer.pendingBytes == 1)
        try third.channel.close().wait()
        #expect(bench.packer.pendingBytes == 0)
    }

    @Test("a refusal that the head alone tells leaves the connection usable")
    func refusedByHead() throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(post("{\"a\":", type: "image/png"))
        try client.send(post("{}"))
        bench.settle()
        #expect(try client.statuses() == [415, 200])
    }

    @Test("a client that waits before it sends its body is told to go on")
    func expectContinue() throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send("POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try client.received() == "HTTP/1.1 100 Continue\r\n\r\n")
        try client.send("{}")
        bench.settle()
        #expect(try client.statuses() == [200])
    }

    @Test("a client that went away while its beacon waits is no problem")
    func gone() throws {
        let bench = Bench()
        let client = try bench.connect()
        try client.send(post("{}"))
        try client.channel.close().wait()
        #expect(bench.settle().count == 1)
        #expect(bench.packer.pendingBytes == 0)
        #expect(bench.metrics.connections.value == 0)
    }

    @Test("a connection over the limit is told so and closed")
    func tooMany() throws {
        var options = BeaconRoute.Options()
        options.limits.connections = 1
        let bench = Bench(options: options)
        let first = try bench.connect()
        let second = try bench.connect()
        #expect(try second.statuses() == [503])
        try first.send(request("GET /robots.txt"))
        #expect(try first.statuses() == [200])
        bench.loop.advanceTime(by: .seconds(4))
        #expect(!second.isOpen)
        try first.channel.close().wait()
        #expect(try bench.connect().received() == "")
    }

    @Test("while it drains, every answer closes its connection, and idle connections are closed at the end")
    func drain() throws {
        let bench = Bench()
        let idle = try bench.connect()
        let busy = try bench.connect()
        let late = try bench.connect()
        try busy.send(post("{}"))
        bench.shared.drain()
        try late.send(request("GET /robots.txt"))
        #expect(try late.received().contains("Connection: close\r\n"))
        #expect(!late.isOpen)
        #expect(bench.shared.closeIdle() == 1)
        #expect(!idle.isOpen)
        bench.settle()
        #expect(try busy.received().contains("Connection: close\r\n"))
        #expect(!busy.isOpen)
        #expect(bench.shared.closeIdle() == 0)
    }
}
