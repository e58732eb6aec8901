import Locking
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Operations

struct AdminTests {
    private let readiness = Readiness(starting: ["queue"])
    private let time = TestTime()
    private let liveness: Liveness
    private let routes: AdminRoutes

    init() {
        liveness = Liveness(now: time.read)
        routes = AdminRoutes(
            readiness: readiness, liveness: liveness, metrics: MetricsRegistry(showsProcess: false))
    }

    private func answer(_ path: String, _ method: HTTPMethod = .GET) -> (UInt, String) {
        let answer = routes.answer(method, path)
        return (answer.status.code, String(decoding: answer.body, as: UTF8.self))
    }

    @Test("Readiness is 503 with reasons until every condition is met")
    func ready() {
        #expect(answer("/readyz") == (503, #"{"ready":false,"reasons":{"queue":"starting"}}"# + "\n"))
        readiness.meet("queue")
        #expect(answer("/readyz?verbose") == (200, #"{"ready":true}"# + "\n"))
        readiness.fail("table", because: "no \"such\" table")
        #expect(answer("/readyz") == (503, #"{"ready":false,"reasons":{"table":"no \"such\" table"}}"# + "\n"))
    }

    @Test("Health is 503 for a stage that works and does not beat, not for one at rest")
    func health() {
        let stage = liveness.stage("dequeuer", allowance: .seconds(10))
        time.advance(.seconds(60))
        #expect(answer("/healthz").0 == 200)
        stage.beat()
        time.advance(.seconds(10))
        #expect(answer("/healthz").0 == 200)
        time.advance(.nanoseconds(1))
        #expect(answer("/healthz") == (503, #"{"healthy":false,"reasons":{"dequeuer":"makes no progress"}}"# + "\n"))
        stage.beat()
        #expect(answer("/healthz").0 == 200)
        time.advance(.seconds(60))
        stage.rest()
        #expect(answer("/healthz").0 == 200)
    }

    @Test("Other paths are 404, other methods 405 with Allow")
    func refusals() {
        #expect(answer("/").0 == 404)
        #expect(answer("/metrics/").0 == 404)
        #expect(answer("/healthz", .POST).0 == 405)
        #expect(routes.answer(.DELETE, "/metrics").allow == "GET, HEAD")
        #expect(routes.answer(.GET, "/metrics").contentType == "text/plain; version=0.0.4; charset=utf-8")
    }

    @Test("The listener answers GET and HEAD on one connection, then closes where asked")
    func overTheWire() async throws {
        readiness.meet("queue")
        let listener = try await listen()
        let text = try await exchange(
            listener,
            "HEAD /readyz HTTP/1.1\r\nhost: a\r\n\r\nGET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        let answers = text.components(separatedBy: "HTTP/1.1 200 OK")
        #expect(answers.count == 3)
        #expect(answers[1].contains("content-length: 15") && !answers[1].contains("{"))
        #expect(answers[2].hasSuffix(#"{"ready":true}"# + "\n"))
        await listener.close()
    }

    @Test("What is not HTTP is answered with 400; a body too large ends the connection")
    func hostile() async throws {
        var limits = AdminLimits()
        limits.bodyBytes = 10
        let listener = try await listen(limits)
        #expect(try await exchange(listener, "nonsense\r\n\r\n").contains("400"))
        let large = "POST /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 11\r\n\r\n01234567890"
        #expect(try await exchange(listener, large).isEmpty)
        await listener.close()
    }

    @Test("A request that does not arrive whole in time ends the connection")
    func slow() async throws {
        var limits = AdminLimits()
        limits.requestTimeout = .milliseconds(20)
        let listener = try await listen(limits)
        #expect(try await exchange(listener, "GET /met").isEmpty)
        await listener.close()
    }

    @Test("A port in use is an error that names the address")
    func portInUse() async throws {
        let listener = try await listen()
        let error = await #expect(throws: ListenError.self) {
            try await AdminListener.start(on: listener.address, routes: routes)
        }
        #expect(error?.description.contains(listener.address.description) == true)
        await listener.close()
    }

    private func listen(_ limits: AdminLimits = AdminLimits()) async throws -> AdminListener {
        let address = try #require(ListenAddress(setting: "127.0.0.1:0"))
        return try await AdminListener.start(on: address, routes: routes, limits: limits)
    }

    /// Sends bytes on a connection of its own and gives what came back until the other side closed.
    private func exchange(_ listener: AdminListener, _ request: String) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(to: listener.address.socketAddress()) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var text = ""
            do {
                try await outbound.write(ByteBuffer(string: request))
                for try await part in inbound { text += String(buffer: part) }
            } catch  where error is IOError || error is ChannelError {
                // The listener closed before it read everything: a reset is an end, too.
            }
            return text
        }
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map(String.init)
    }
}

/// A clock that the test moves.
private final class TestTime: Sendable {
    private let time = Guarded(Duration.zero)
    func advance(_ duration: Duration) { time.withLock { $0 += duration } }
    var read: @Sendable () -> Duration { { self.time.withLock { $0 } } }
}
