import AWSCore
import Locking
import NIOCore
import NIOHTTP1
import NIOPosix

/// An SQS on the loopback that keeps what it is sent, and fails as the test says.
final class FakeQueue: Sendable {
    enum Mode: CaseIterable, Sendable {
        /// Takes everything.
        case ok
        /// Answers 500.
        case error
        /// Answers nothing.
        case hole
        /// Takes everything, and half of the time closes the connection instead of saying so.
        case lost
        /// Takes every other message of a call.
        case partial
    }

    struct State {
        var mode = Mode.ok
        /// The `i` of every beacon that has arrived.
        var arrived: Set<Int> = []
        /// Each message's bytes, by its id.
        var messages: [String: [UInt8]] = [:]
        /// Messages that came again with other bytes.
        var changed: [String] = []
        var calls = 0
        /// Those who wait for beacons to arrive.
        var waiting: [(beacons: Set<Int>, continuation: CheckedContinuation<Void, Never>)] = []
    }

    /// What the queue and its connections share.
    final class Record: Sendable {
        let state = Guarded(State())
    }

    let record = Record()
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    init() async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [record] child in
                child.pipeline.configureHTTPServerPipeline().flatMapThrowing {
                    try child.pipeline.syncOperations.addHandler(Handler(record: record))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    func set(_ mode: Mode) { record.state.withLock { $0.mode = mode } }
    /// Waits until beacons have arrived.
    func arrival(of beacons: Set<Int>) async {
        await withCheckedContinuation { continuation in
            let isThere = record.state.withLock { state in
                if beacons.isSubset(of: state.arrived) { return true }
                state.waiting.append((beacons, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    func close() async throws { try await channel.close() }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let record: Record
        private var operation = ""
        private var body = ByteBuffer()

        init(record: Record) { self.record = record }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                operation = head.headers.first(name: "x-amz-target") ?? ""
                body.clear()
            case .body(var part): body.writeBuffer(&part)
            case .end: answer(context)
            }
        }

        private func answer(_ context: ChannelHandlerContext) {
            let mode = record.state.withLock { state in
                state.calls += 1
                return state.mode
            }
            switch mode {
            case .hole: return
            case .error: reply(context, .internalServerError, "{\"__type\":\"InternalError\",\"message\":\"x\"}")
            case .ok, .lost, .partial:
                if operation.hasSuffix("GetQueueUrl") {
                    reply(context, .ok, "{\"QueueUrl\":\"http://127.0.0.1/1/beacons\"}")
                } else if operation.hasSuffix("GetQueueAttributes") {
                    reply(context, .ok, "{\"Attributes\":{\"MaximumMessageSize\":\"1048576\"}}")
                } else {
                    let text = take(mode)
                    if mode == .lost && Bool.random() { context.close(promise: nil) } else { reply(context, .ok, text) }
                }
            }
        }

        /// Keeps the messages of a SendMessageBatch.
        private func take(_ mode: Mode) -> String {
            let parser = JSONParser()
            var successes: [String] = []
            var failures: [String] = []
            let bodies = try? parser.parse(Array(body.readableBytesView)) { root in
                (root["Entries"]?.elements).map { entries in
                    entries.map { ($0["Id"]?.string ?? "", Array($0["MessageBody"]?.string?.utf8 ?? "".utf8)) }
                } ?? []
            }
            for (position, (id, message)) in (bodies ?? []).enumerated() {
                if mode == .partial && position % 2 == 1 {
                    failures.append("{\"Id\":\"\(id)\",\"Code\":\"InternalError\",\"SenderFault\":false}")
                    continue
                }
                keep(message, parser)
                successes.append("{\"Id\":\"\(id)\",\"MessageId\":\"m\"}")
            }
            return
                "{\"Successful\":[\(successes.joined(separator: ","))],\"Failed\":[\(failures.joined(separator: ","))]}"
        }

        private func keep(_ message: [UInt8], _ parser: JSONParser) {
            let read = try? parser.parse(message) { root in
                (
                    root["id"]?.string ?? "",
                    (root["beacons"]?.elements).map { $0.map { $0["body"]?["i"]?.integer ?? -1 } } ?? []
                )
            }
            guard let (id, beacons) = read else { return }
            let ready = record.state.withLock { state in
                if let earlier = state.messages[id], earlier != message { state.changed.append(id) }
                state.messages[id] = message
                state.arrived.formUnion(beacons.map(Int.init))
                let ready = state.waiting.filter { $0.beacons.isSubset(of: state.arrived) }
                if !ready.isEmpty { state.waiting.removeAll { $0.beacons.isSubset(of: state.arrived) } }
                return ready
            }
            for (_, continuation) in ready { continuation.resume() }
        }

        private func reply(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ text: String) {
            let headers: HTTPHeaders = [
                "Content-Type": "application/x-amz-json-1.0", "Content-Length": "\(text.utf8.count)",
            ]
            context.write(
                wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
