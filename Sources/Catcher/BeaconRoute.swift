import AWSCore
import Beacons
import NIOCore
import NIOHTTP1

/// 1. What the public listener does with a request: refuses it, answers it, or hands its beacons to the packer.
///
/// One for each event loop, with buffers of its own; nothing in it waits.
// @unchecked Sendable: used on its event loop only.
final class BeaconRoute: @unchecked Sendable {
    struct Options: Sendable {
        var limits = Limits()
        var origins = OriginPolicy(nil)
        var clientAddress = ClientAddress.truncate
        /// Whether `Sec-GPC: 1` takes address and user agent out of the envelope.
        var honoursGPC = true
        /// How long a message waits for more beacons.
        var linger: Duration = .milliseconds(100)
    }

    private let options: Options
    private let packer: Packer
    private let metrics: CatcherMetrics
    private let eventLoop: any EventLoop
    private let loop: Int
    private let clock: @Sendable () -> Timestamp
    private let send: @Sendable (PackedMessage) -> Void
    private let reader = BodyReader()
    private var entries = Packer.Entries()

    /// - Parameters:
    ///   - options: What is taken, and what of it is kept.
    ///   - packer: Takes the beacons.
    ///   - metrics: Hears of refused beacons.
    ///   - eventLoop: Where this runs; its timers close messages.
    ///   - loop: The event loop's position.
    ///   - clock: When beacons arrive.
    ///   - send: Takes the messages that closed.
    init(
        options: Options, packer: Packer, metrics: CatcherMetrics, eventLoop: any EventLoop, loop: Int,
        clock: @escaping @Sendable () -> Timestamp, send: @escaping @Sendable (PackedMessage) -> Void
    ) {
        self.options = options
        self.packer = packer
        self.metrics = metrics
        self.eventLoop = eventLoop
        self.loop = loop
        self.clock = clock
        self.send = send
    }

    // MARK: The head

    /// What is wrong with a request as far as its head tells; the body has not been read then.
    ///
    /// - Parameters:
    ///   - head: The head.
    ///   - client: Takes the request's route and origin.
    /// - Returns: Why it is refused; `nil` if it is not.
    func refusal(of head: RequestHead, _ client: inout ClientFacts) -> Refusal? {
        client.route = head.route
        let isOriginAllowed = head.origin.map(options.origins.allows) ?? true
        client.allowedOrigin = isOriginAllowed ? head.origin : nil
        switch (head.route, head.method) {
        case (.work, .POST), (.work, .OPTIONS), (.robots, .GET): break
        case (.work, _): return .methodNotAllowed("Allow: POST, OPTIONS\r\n")
        case (.robots, _): return .methodNotAllowed("Allow: GET\r\n")
        case (.pixel, _), (.other, _): return .notFound
        }
        if let length = head.length, length > options.limits.body.bytes { return .bodyTooLarge(options.limits.body) }
        if head.route != .work { return nil }
        if !isOriginAllowed { return .originRefused }
        if head.method != .POST { return nil }
        if Self.form(of: head) == nil {
            return .unsupported("Beacons are application/json, application/x-ndjson or text/plain.")
        }
        if let encoding = head.contentEncoding, !encoding.isField("identity") {
            return .unsupported("This content encoding is not taken.")
        }
        return nil
    }

    /// How a body is laid out; `nil` for a type that is not taken.
    private static func form(of head: RequestHead) -> BodyReader.Form? {
        guard let type = head.contentType else { return .json }
        var media = type[...]
        if let semicolon = media.utf8.firstIndex(of: UInt8(ascii: ";")) { media = media[..<semicolon] }
        while let last = media.utf8.last, last == 0x20 || last == 0x09 { media.removeLast() }
        if media.isField("application/json") || media.isField("text/plain") { return .json }
        if media.isField("application/x-ndjson") { return .ndjson }
        return media.isEmpty ? .json : nil
    }

    // MARK: The whole request

    /// Handles a request that has come whole and was not refused by its head.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - client: Where it comes from.
    ///   - answer: Its place among the answers.
    /// - Returns: The answer, if it is known; else it will be given when the beacons' messages are settled.
    func handle(_ request: Request, _ client: inout ClientFacts, _ answer: PendingAnswer) -> HTTPAnswer? {
        switch client.route {
        case .robots: return .robots
        case .work where request.head.method == .OPTIONS: return .preflight
        default: break
        }
        do throws(BodyError) {
            let form = Self.form(of: request.head) ?? .json
            return try read(request, as: form, &client, answer)
        } catch {
            metrics.countBeacons(1, .refused)
            return .refused(error.code == .tooLarge ? .tooLarge(error.detail) : .malformed(error.detail))
        }
    }

    private func read(
        _ request: Request, as form: BodyReader.Form, _ client: inout ClientFacts, _ answer: PendingAnswer
    ) throws(BodyError) -> HTTPAnswer? {
        let result = request.body.withUnsafeReadableBytes { body in
            Result { () throws(BodyError) in
                let reading = try reader.read(body, form: form)
                return pack(reading, of: body, request.head, &client, answer)
            }
        }
        return try result.get()
    }

    private func pack(
        _ reading: BodyReading, of body: UnsafeRawBufferPointer, _ head: RequestHead, _ client: inout ClientFacts,
        _ answer: PendingAnswer
    ) -> HTTPAnswer? {
        entries.removeAll()
        if let rewritten = reading.rewritten {
            rewritten.withUnsafeBytes { append(reading.beacons, of: $0, head, &client) }
        } else {
            append(reading.beacons, of: body, head, &client)
        }
        switch packer.add(entries, for: answer, loop: loop, now: eventLoop.now) {
        case .packed(let closed, let opened):
            for message in closed { send(message) }
            if let opened { closeLater(opened) }
            return nil
        case .full:
            metrics.countBeacons(reading.beacons.count, .unavailable)
            return .refused(.full)
        case .tooLarge(let limit):
            metrics.countBeacons(reading.beacons.count, .refused)
            return .refused(
                .tooLarge("A beacon is larger, with its envelope, than the \(limit.bytes) bytes that the queue takes."))
        }
    }

    private func append(
        _ beacons: [BeaconSpan], of body: UnsafeRawBufferPointer, _ head: RequestHead, _ client: inout ClientFacts
    ) {
        let at = clock()
        let isPrivate = options.honoursGPC && head.isPrivate
        let address = isPrivate ? nil : address(&client)
        for beacon in beacons {
            EnvelopeWriter.appendEntryHead(
                at: at, ip: address, userAgent: isPrivate ? nil : head.userAgent, origin: client.allowedOrigin,
                gpc: isPrivate, to: &entries.bytes)
            entries.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: body[beacon.range]))
            EnvelopeWriter.closeEntry(&entries.bytes)
            entries.ends.append(entries.bytes.count)
        }
    }

    /// The client's address as the envelope says it.
    private func address(_ client: inout ClientFacts) -> String? {
        if client.peerText == nil, let peer = client.peer {
            client.peerText = options.clientAddress.text(of: peer) ?? ""
        }
        return client.peerText.flatMap { $0.isEmpty ? nil : $0 }
    }

    private func closeLater(_ serial: Int) {
        eventLoop.scheduleTask(in: options.linger.timeAmount) { [packer, send] in
            if let message = packer.close(serial) { send(message) }
        }
    }
}
