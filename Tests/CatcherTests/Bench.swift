import AWSCore
import Beacons
import Locking
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

/// The public listener's handlers on a channel without a network, with a queue that does what the test says.
final class Bench {
    let loop = EmbeddedEventLoop()
    let shared: LoopContext
    let packer: Packer
    let metrics: CatcherMetrics
    private let outbox = Outbox()

    private final class Outbox: Sendable {
        let messages = Guarded<[PackedMessage]>([])
    }

    init(
        options: BeaconRoute.Options = .init(), messageLimit: ByteCount = .bytes(64_000),
        pendingLimit: ByteCount = .mebibytes(64), metrics: CatcherMetrics = CatcherMetrics(),
        logger: Logger = Logger(label: "test")
    ) {
        self.metrics = metrics
        let clock: @Sendable () -> Timestamp = { Timestamp(milliseconds: 1_760_000_000_200) }
        packer = Packer(messageLimit: messageLimit, pendingLimit: pendingLimit, loops: 1, clock: clock)
        let route = BeaconRoute(
            options: options, packer: packer, metrics: metrics, eventLoop: loop, loop: 0, clock: clock,
            send: { [outbox] message in outbox.messages.withLock { $0.append(message) } })
        shared = LoopContext(
            eventLoop: loop, limits: options.limits, route: route, metrics: metrics, logger: logger,
            clock: clock)
    }

    /// A new connection.
    func connect(from address: String = "203.0.113.77") throws -> Client {
        let channel = EmbeddedChannel(loop: loop)
        try HTTPConnection.add(to: channel, shared: shared)
        channel.remoteAddress = try SocketAddress(ipAddress: address, port: 40_000)
        try channel.connect(to: SocketAddress(ipAddress: address, port: 40_000)).wait()
        return Client(channel: channel)
    }

    /// Lets the linger pass.
    func linger() {
        loop.advanceTime(by: .milliseconds(100))
    }

    /// The messages that were sent since the last call.
    func messages() -> [PackedMessage] {
        outbox.messages.withLock { messages in
            defer { messages = [] }
            return messages
        }
    }

    /// Lets the linger pass and the queue take what was sent.
    ///
    /// - Returns: The bodies of the messages.
    @discardableResult
    func settle(_ refusal: Refusal? = nil) -> [String] {
        linger()
        let messages = messages()
        for message in messages {
            packer.settled(message)
            shared.messageSettled(message.waiting[0], refusal)
        }
        return messages.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
}

/// The other end of a connection.
struct Client {
    let channel: EmbeddedChannel

    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
    }

    func send(bytes: some Sequence<UInt8>) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    /// What has been answered since the last call.
    func received() throws -> String {
        var text = ""
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
        return text
    }

    /// What has been answered since the last call, byte for byte.
    func receivedBytes() throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { bytes += buffer.readableBytesView }
        return bytes
    }

    /// The statuses of what has been answered since the last call.
    func statuses() throws -> [Int] {
        try received().components(separatedBy: "HTTP/1.1 ").compactMap { Int($0.prefix(3)) }
    }

    /// Whether the other side has closed the connection, or its half of it.
    var isOpen: Bool { channel.isActive }
}

extension String {
    /// Splits without Foundation.
    func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}

/// A `POST /work`.
func post(
    _ body: String, type: String? = "application/json", path: String = "/work", headers: [String] = []
) -> String {
    var lines = ["POST \(path) HTTP/1.1", "Host: beacons.example", "Content-Length: \(body.utf8.count)"]
    if let type { lines.append("Content-Type: \(type)") }
    return (lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + body
}

/// A request without a body.
func request(_ line: String, headers: [String] = []) -> String {
    (["\(line) HTTP/1.1", "Host: beacons.example"] + headers).joined(separator: "\r\n") + "\r\n\r\n"
}
