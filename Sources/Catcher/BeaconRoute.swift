import AWSCore
import Beacons
import NIOCore
import NIOHTTP1
import Operations

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
        var proxies = TrustedProxies([])
        var rateLimit: RateLimit?
        /// How long a message waits for more beacons.
        var linger: Duration = .milliseconds(100)
    }

    private let options: Options
    let packer: Packer
    private let metrics: CatcherMetrics
    private let eventLoop: any EventLoop
    private let loop: Int
    private let clock: @Sendable () -> Timestamp
    private let send: @Sendable (PackedMessage) -> Void
    private let reader = BodyReader()
    private let inflater: Inflater
    private var entries = Packer.Entries()
    /// The write keys; `nil` accepts every key.
    var keys: WriteKeys?

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
        inflater = Inflater(limit: options.limits.body)
    }

    // MARK: The head

    /// What is wrong with a request as far as its head tells; the body has not been read then.
    ///
    /// - Parameters:
    ///   - head: The head.
    ///   - client: Takes the request's route and origin.
    /// - Returns: Why it is refused; `nil` if it is not.
    func refusal(of head: RequestHead, _ client: inout ClientFacts) -> Refusal? {
        let isOriginAllowed = identify(head.route, origin: head.origin, &client)
        switch (head.route, head.method) {
        case (.work, .POST), (.work, .OPTIONS), (.pixel, .GET), (.pixel, .OPTIONS), (.robots, .GET): break
        case (.work, _): return .methodNotAllowed("Allow: POST, OPTIONS\r\n")
        case (.pixel, _): return .methodNotAllowed("Allow: GET, OPTIONS\r\n")
        case (.robots, _): return .methodNotAllowed("Allow: GET\r\n")
        case (.other, _): return .notFound
        }
        if let length = head.length, length > options.limits.body.bytes { return .bodyTooLarge(options.limits.body) }
        if head.route == .robots { return nil }
        if !isOriginAllowed { return .originRefused }
        if head.method != .POST { return nil }
        if Self.form(of: head) == nil {
            return .unsupported("Beacons are application/json, application/x-ndjson or text/plain.")
        }
        return Self.encoding(of: head) == .unknown ? .unsupported("Content encodings are gzip and deflate.") : nil
    }

    /// Notes what every answer to a request depends on, errors too.
    ///
    /// - Parameters:
    ///   - route: What is asked for.
    ///   - origin: The page's origin, if a page asks.
    ///   - client: Takes both.
    /// - Returns: Whether the origin is allowed.
    @discardableResult
    func identify(_ route: RouteName, origin: String?, _ client: inout ClientFacts) -> Bool {
        let isAllowed = origin.map(allows) ?? true
        client.route = route
        client.allowedOrigin = isAllowed ? origin : nil
        return isAllowed
    }

    /// Counts a request that is refused before it is read, if it carried beacons: nobody knows how many.
    func count(_ refusal: Refusal, of method: HTTPMethod, _ route: RouteName) {
        switch (route, method) {
        case (.work, .POST), (.pixel, .GET): metrics.countBeacons(1, refusal.status == 503 ? .unavailable : .refused)
        default: break
        }
    }

    /// A client's address as it may be kept; `nil` where it is unknown or addresses are dropped.
    func addressText(of peer: IPAddress?, forwarded: [String]) -> String? {
        peer.map { options.proxies.client(of: $0, forwarded: forwarded) }.flatMap(options.clientAddress.text)
    }

    /// Whether an origin's pages may send beacons at all; a beacon's key has its say later.
    private func allows(_ origin: String) -> Bool {
        guard let keys else { return options.origins.allows(origin) }
        return options.origins.allowsWhereListed(origin) && keys.someAllows(origin)
    }

    private enum Encoding {
        case identity, gzip, deflate, unknown
    }

    private static func encoding(of head: RequestHead) -> Encoding {
        guard let encoding = head.contentEncoding, !encoding.isField("identity") else { return .identity }
        if encoding.isField("gzip") || encoding.isField("x-gzip") { return .gzip }
        return encoding.isField("deflate") ? .deflate : .unknown
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
        let head = request.head
        if client.route == .robots { return .robots }
        if head.method == .OPTIONS { return .preflight }
        client.sender = client.peer.map { options.proxies.client(of: $0, forwarded: head.forwardedFor) }
        do throws(Refusal) {
            if let limit = options.rateLimit, let sender = client.sender,
                let wait = limit.wait(for: sender, now: eventLoop.now)
            {
                throw .rateLimited(.nanoseconds(wait.nanoseconds))
            }
            if client.route == .pixel { return try readPixel(head, &client, answer) }
            let form = Self.form(of: head) ?? .json
            return try request.body.withUnsafeReadableBytes { body in
                Result { () throws(Refusal) in
                    switch Self.encoding(of: head) {
                    case .gzip: try inflate(body, .gzip, form, head, &client, answer)
                    case .deflate: try inflate(body, .deflate, form, head, &client, answer)
                    case .identity, .unknown: try read(body, form: form, head, &client, answer)
                    }
                }
            }.get()
        } catch {
            metrics.countBeacons(1, error.status == 503 ? .unavailable : .refused)
            return .refused(error)
        }
    }

    private func inflate(
        _ body: UnsafeRawBufferPointer, _ encoding: Inflater.Encoding, _ form: BodyReader.Form, _ head: RequestHead,
        _ client: inout ClientFacts, _ answer: PendingAnswer
    ) throws(Refusal) -> HTTPAnswer? {
        try inflater.inflate(body, encoding) { inflated in
            Result { () throws(Refusal) in
                try read(inflated, padded: true, form: form, head, &client, answer)
            }
        }.get()
    }

    /// Reads the beacons of `d`: JSON, URL-encoded or base64url.
    private func readPixel(
        _ head: RequestHead, _ client: inout ClientFacts, _ answer: PendingAnswer
    ) throws(Refusal) -> HTTPAnswer? {
        guard let value = QueryString(head.query)["d"] else { throw .malformed("The query has no d.") }
        var json = QueryString.decoded(value)
        let first = json.first { $0 > 0x20 }
        if first != UInt8(ascii: "{") && first != UInt8(ascii: "[") {
            guard let decoded = QueryString.base64URL(json) else {
                throw .malformed("d is neither JSON nor base64url.")
            }
            json = decoded
        }
        return try json.withUnsafeBytes { body in
            Result { () throws(Refusal) in try read(body, form: .json, head, &client, answer) }
        }.get()
    }

    private func read(
        _ body: UnsafeRawBufferPointer, padded: Bool = false, form: BodyReader.Form, _ head: RequestHead,
        _ client: inout ClientFacts, _ answer: PendingAnswer
    ) throws(Refusal) -> HTTPAnswer? {
        let reading: BodyReading
        do {
            reading = try reader.read(body, padded: padded, form: form)
        } catch {
            throw error.code == .tooLarge ? .tooLarge(error.detail) : .malformed(error.detail)
        }
        entries.removeAll()
        if let rewritten = reading.rewritten {
            try rewritten.withUnsafeBytes { body in
                Result { () throws(Refusal) in try append(reading.beacons, of: body, head, &client) }
            }.get()
        } else {
            try append(reading.beacons, of: body, head, &client)
        }
        try pack(reading.beacons.count, &client, answer)
        return nil
    }

    private func pack(_ beacons: Int, _ client: inout ClientFacts, _ answer: PendingAnswer) throws(Refusal) {
        let now = eventLoop.now
        switch packer.add(entries, for: answer, loop: loop, now: now) {
        case .packed(let closed, let opened):
            if let limit = options.rateLimit, let sender = client.sender { limit.charge(beacons, to: sender, now: now) }
            for message in closed { send(message) }
            if let opened { closeLater(opened) }
        case .full: throw .full
        case .tooLarge(let limit):
            throw .tooLarge(
                "A beacon is larger, with its envelope, than the \(limit.bytes) bytes that the queue takes.")
        }
    }

    private func append(
        _ beacons: [BeaconSpan], of body: UnsafeRawBufferPointer, _ head: RequestHead, _ client: inout ClientFacts
    ) throws(Refusal) {
        let at = clock()
        let isPrivate = options.honoursGPC && head.isPrivate
        let address = isPrivate ? nil : client.address(options.clientAddress)
        var inURL: String??
        for beacon in beacons {
            EnvelopeWriter.appendEntryHead(
                at: at, project: try project(of: beacon, head, &inURL), ip: address,
                userAgent: isPrivate ? nil : head.userAgent, origin: client.allowedOrigin, gpc: isPrivate,
                to: &entries.bytes)
            entries.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: body[beacon.range]))
            EnvelopeWriter.closeEntry(&entries.bytes)
            entries.ends.append(entries.bytes.count)
        }
    }

    /// The project of a beacon's write key, which is its own or that of the URL, looked for once: a request may carry
    /// 500 beacons.
    private func project(
        of beacon: BeaconSpan, _ head: RequestHead, _ inURL: inout String??
    ) throws(Refusal) -> String? {
        guard let keys else { return nil }
        let name = beacon.key ?? Self.key(of: head, &inURL)
        guard let name, let key = keys[name] else { throw .unknownKey }
        if let origin = head.origin, !key.origins.allows(origin) { throw .originRefused }
        return key.project
    }

    private static func key(of head: RequestHead, _ inURL: inout String??) -> String? {
        if let known = inURL { return known }
        let key = QueryString(head.query)["k"].map { String(decoding: QueryString.decoded($0), as: UTF8.self) }
        inURL = .some(key)
        return key
    }

    private func closeLater(_ serial: Int) {
        eventLoop.scheduleTask(in: options.linger.timeAmount) { [packer, send] in
            if let message = packer.close(serial) { send(message) }
        }
    }
}
