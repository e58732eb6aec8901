import AWSCore
import Logging
import NIOCore
import NIOPosix
import Operations
import Testing

@testable import Catcher

/// A server on the loopback, and blocking sockets on threads of their own to talk to it.
struct Harness {
    let server: Server
    let metrics = CatcherMetrics()

    init(
        sink: any MessageSink, loops: Int = 2, keys: WriteKeys? = nil,
        change: (inout Server.Options) -> Void = { _ in }
    ) async throws {
        let address = try #require(IPAddress("127.0.0.1"))
        var options = Server.Options(listen: ListenAddress(address: address, port: 0))
        options.eventLoops = loops
        options.route.linger = .milliseconds(5)
        change(&options)
        let packer = Packer(
            messageLimit: options.messageLimit, pendingLimit: options.pendingLimit, loops: loops, clock: Timestamp.now)
        server = try await Server(
            options: options, packer: packer, sink: sink, keys: keys, metrics: metrics, logger: Logger(label: "test"))
    }

    /// A connection that says nothing.
    func connect() async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(to: server.address.socketAddress()).get()
    }

    /// Sends bytes and collects what comes back until `isDone` or the other side's end.
    func exchange(_ text: String, until isDone: @escaping @Sendable (String) -> Bool) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(to: server.address.socketAddress()) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var received = ""
            for try await part in inbound {
                received += String(buffer: part)
                if isDone(received) { break }
            }
            return received
        }
    }
}

@Suite("The server, over real sockets", .timeLimit(.minutes(1)))
struct ServerTests {
    static func count(_ text: String) -> Int { text.components(separatedBy: "HTTP/1.1 200").count - 1 }

    @Test("many connections of pipelined requests are all answered, and every beacon is in a message")
    func load() async throws {
        let sink = TakingSink()
        let harness = try await Harness(sink: sink)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    let answers = try await harness.exchange(String(repeating: post("{\"a\":1}"), count: 50)) {
                        Self.count($0) == 50
                    }
                    return Self.count(answers)
                }
            }
            for try await answered in group { #expect(answered == 50) }
        }
        #expect(sink.messages.map(\.beacons).reduce(0, +) == 1000)
        #expect(harness.server.packer.pendingBytes == 0)
        await harness.server.drain(after: .zero)
    }

    @Test("an early answer reaches a client that goes on sending, and ends the connection")
    func early() async throws {
        let harness = try await Harness(sink: TakingSink())
        let head = "POST /work HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n"
        let answer = try await harness.exchange(head + String(repeating: "x", count: 900_000)) { _ in false }
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
        #expect(answer.contains("Connection: close\r\n"))
        await harness.server.drain(after: .zero)
    }

    @Test("CONNECT is answered, whatever its client sends behind it")
    func connectMethod() async throws {
        let harness = try await Harness(sink: TakingSink())
        let head = "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n"
        let answer = try await harness.exchange(head + String(repeating: "x", count: 900_000)) { _ in false }
        #expect(answer.hasPrefix("HTTP/1.1 404 "))
        #expect(answer.contains("\r\nConnection: close\r\n"))
        await harness.server.drain(after: .zero)
    }

    @Test("what was taken is finished in a drain, and answered with Connection: close")
    func drain() async throws {
        let sink = ScriptedSink()
        let harness = try await Harness(sink: sink)
        async let answer = harness.exchange(post("{\"a\":1}")) { _ in false }
        let call = try #require(await sink.next())
        async let drained: Void = harness.server.drain(after: .zero)
        call.accept()
        await drained
        #expect(try await answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(harness.server.packer.pendingBytes == 0)
        await #expect(throws: (any Error).self) {
            try await harness.exchange(post("{}")) { _ in false }
        }
    }

    @Test("in the delay of a drain new connections are served, and each answer ends its connection")
    func drainDelay() async throws {
        let harness = try await Harness(sink: TakingSink())
        let idle = try await harness.connect()
        let drain = Task { await harness.server.drain(after: .seconds(3600)) }
        // The drain's first step is on the loops before this asks them.
        while try await !harness.exchange(request("GET /robots.txt"), until: { $0.hasSuffix("/\n") })
            .contains("Connection: close\r\n")
        {
            await Task.yield()
        }
        for _ in 0..<3 {
            let answer = try await harness.exchange(post("{}")) { _ in false }
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.contains("\r\nConnection: close\r\n"))
        }
        #expect(idle.isActive, "a connection that has asked nothing may still ask")
        drain.cancel()
        await drain.value
        try await idle.closeFuture.get()
        await #expect(throws: (any Error).self) { try await harness.exchange(post("{}")) { _ in false } }
    }

    @Test("a client that ends its side when it has sent all still gets its answer")
    func halfClosed() async throws {
        let harness = try await Harness(sink: TakingSink())
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(to: harness.server.address.socketAddress()) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
        let answer = try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: post("{}")))
            outbound.finish()
            var received = ""
            for try await part in inbound { received += String(buffer: part) }
            return received
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        await harness.server.drain(after: .zero)
    }
}
