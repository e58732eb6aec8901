import AWSCore

/// What was refused, whole, with the reasons.
///
/// `body` is the envelope's entry as it lies in the message (of an unreadable message, the message), so that a later
/// worker can read it again. `reason` is bounded: after 4,000 bytes it says how many more there are.
struct Quarantine {
    /// Uncompressed bytes of a part.
    static let partSize = 300_000
    private static let reasonLimit = 4000

    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private var beacons = 0
    private var scanner: SpanScanner?
    private var scanned = 0
    private var reason = ""
    private var unsaid = 0

    /// Whether something of the entry has been refused.
    var hasReasons: Bool { !reason.isEmpty }

    /// Begins a message.
    ///
    /// - Parameters:
    ///   - bytes: The message.
    ///   - root: Its root, which has `beacons`.
    mutating func begin(_ bytes: UnsafeRawBufferPointer, _ root: JSONValue) {
        self.bytes = bytes
        var members = root.members
        beacons = 0
        while let (key, _) = members.next(), !key.hasSameBytes(as: "beacons") { beacons += 1 }
    }

    mutating func reset() {
        scanner = nil
        scanned = 0
        reason = ""
        unsaid = 0
    }

    /// Cuts a reason at a character boundary, so that it never makes an item too large.
    static func bounded(_ reason: String) -> String {
        var reason = reason
        return reason.withUTF8 { utf8 in
            String(decoding: UTF8Cut.prefix(UnsafeRawBufferPointer(utf8), limit: 2 * reasonLimit), as: UTF8.self)
        }
    }

    /// Notes why an event, or with `nil` the beacon, is refused.
    mutating func note(_ refusal: Refusal, event: Int?) {
        guard reason.utf8.count < Self.reasonLimit else {
            unsaid += 1
            return
        }
        if !reason.isEmpty { reason += "; " }
        reason += event.map { "event \($0): " } ?? "beacon: "
        reason += refusal.text
    }

    /// Makes the items of an entry of which something was refused.
    mutating func finishEntry(
        _ position: Int, of id: UnsafeRawBufferPointer, received: Int64, retentionSeconds: Int64?, by deflater: Deflater
    ) -> [Item] {
        if unsaid > 0 { reason += "; and \(unsaid) more" }
        defer { dropEntry() }
        return Self.items(
            of: entry(position), id: String(decoding: id, as: UTF8.self), position: position, received: received,
            reason: reason, retentionSeconds: retentionSeconds, by: deflater)
    }

    /// Forgets why something of an entry was refused.
    mutating func dropEntry() {
        reason = ""
        unsaid = 0
    }

    /// The bytes of an entry; asked for in ascending order.
    mutating func entry(_ position: Int) -> UnsafeRawBufferPointer {
        var entries = scanner ?? entriesScanner()
        var span: Range<Int>?
        while scanned <= position {
            span = entries.next()
            scanned += 1
        }
        scanner = entries
        return span.map { UnsafeRawBufferPointer(rebasing: entries.json[$0]) } ?? bytes
    }

    private func entriesScanner() -> SpanScanner {
        var members = SpanScanner(object: bytes)
        for _ in 0..<beacons { _ = members.next() }
        guard let span = members.next() else { preconditionFailure("the root has no such member") }
        return SpanScanner(array: UnsafeRawBufferPointer(rebasing: bytes[span]))
    }

    /// Makes the items of what is refused: an entry, or with `nil` for its position a message.
    static func items(
        of body: UnsafeRawBufferPointer, id: String, position: Int?, received: Int64, reason: String,
        retentionSeconds: Int64?, by deflater: Deflater
    ) -> [Item] {
        var key = OutputBuffer(capacity: 16)
        key.append("q#" as StaticString)
        key.append(dayOfHour: EventTime.hour(received))
        let partitionKey = String(decoding: key.bytes, as: UTF8.self)
        let parts = max(1, (body.count + partSize - 1) / partSize)
        return (0..<parts).map { part in
            let sortKey = "\(id)#\(position.map(String.init) ?? "-")#\(part)"
            let bytes = body[min(part * partSize, body.count)..<min((part + 1) * partSize, body.count)]
            var item = AttributeWriter(isTyped: true)
            item.string("pk", partitionKey)
            item.string("sk", sortKey)
            item.string("reason", reason)
            item.binary("body", deflater.deflate(UnsafeRawBufferPointer(rebasing: bytes)))
            if let retentionSeconds {
                item.number("ttl", .integer(Timestamp(milliseconds: received).seconds + retentionSeconds))
            }
            return item.item(.quarantine, partitionKey, sortKey, beacon: position)
        }
    }
}

extension MessageReader {
    /// Quarantines a message that cannot be read.
    mutating func quarantine(
        _ bytes: UnsafeRawBufferPointer, as messageID: String, sentAt: Timestamp?, because reason: String
    ) -> ProcessedMessage {
        let received = sentAt.map { min(max(0, $0.milliseconds), EventTime.receivedRange.upperBound) }
        var message = ProcessedMessage()
        message.messageID = messageID
        message.isUnreadable = true
        message.items = Quarantine.items(
            of: bytes, id: messageID, position: nil, received: received ?? 0, reason: reason,
            retentionSeconds: received == nil ? nil : retentionSeconds, by: deflater)
        return message
    }

    /// Quarantines entries of a message that can be read, in ascending order.
    mutating func quarantine(
        _ entries: [(beacon: Int, reason: String)], of bytes: UnsafeRawBufferPointer, _ root: JSONValue
    ) -> [Item] {
        let id = root["id"]?.string ?? ""
        let arrivals = root["beacons"]?.elements.map { $0["at"]?.integer ?? 0 } ?? []
        quarantine.reset()
        quarantine.begin(bytes, root)
        var items: [Item] = []
        for (beacon, reason) in entries where arrivals.indices.contains(beacon) {
            items += Quarantine.items(
                of: quarantine.entry(beacon), id: id, position: beacon, received: arrivals[beacon], reason: reason,
                retentionSeconds: retentionSeconds, by: deflater)
        }
        quarantine.reset()
        return items
    }
}
