public import AWSCore

/// A part of what was refused, as it is stored.
public struct StoredQuarantine: Sendable, Hashable {
    /// The day of its arrival, `yyyymmdd`, of UTC.
    public var day: String
    /// The message's id; of an unreadable message, SQS's MessageId.
    public var messageID: String
    /// The beacon's position in the message; `nil`: the message was unreadable.
    public var position: Int?
    /// The part, from 0.
    public var part: Int
    /// Positions and reasons.
    public var reason: String
    /// The part's bytes.
    public var bytes: [UInt8]

    /// Reads a quarantine's item.
    ///
    /// - Parameter item: The item's attributes by name.
    /// - Throws: ``StoredError`` where it is none.
    public init(item: [String: AttributeValue]) throws(StoredError) {
        let keys = item.keyParts("pk")
        let sort = item.keyParts("sk")
        // The id may have `#` in it; the last two never do.
        guard keys.count == 2, keys[0] == "q", sort.count >= 3, let part = Int(sort[sort.count - 1]) else {
            throw StoredError(item, "not a quarantine's key")
        }
        let position = sort[sort.count - 2]
        guard position == "-" || Int(position) != nil else { throw StoredError(item, "not a quarantine's key") }
        guard let reason = item["reason"]?.string, let body = item["body"]?.binary else {
            throw StoredError(item, "a quarantine without reason or body")
        }
        day = String(keys[1])
        messageID = sort.dropLast(2).joined(separator: "#")
        self.position = Int(position)
        self.part = part
        self.reason = reason
        do {
            bytes = try Inflater.inflate(body, limit: Quarantine.partSize)
        } catch {
            throw StoredError(item, "body: \(error.rawValue)")
        }
    }

    /// Puts the parts of one refusal together.
    ///
    /// - Parameter parts: All parts, in any order, of the same message and position.
    /// - Returns: The envelope's entry, or the unreadable message, byte for byte; `nil` if a part before the last is
    ///   missing or of another refusal.
    public static func body(of parts: [StoredQuarantine]) -> [UInt8]? {
        guard let first = parts.first else { return nil }
        var bytes: [UInt8] = []
        let ordered = parts.sorted { $0.part < $1.part }
        for (number, part) in ordered.enumerated() {
            guard part.part == number, part.messageID == first.messageID, part.position == first.position else {
                return nil
            }
            // All but the last are full.
            guard number == parts.count - 1 || part.bytes.count == Quarantine.partSize else { return nil }
            bytes += part.bytes
        }
        return bytes
    }

    /// Whether nothing is missing behind the last part. Full parts are hardly ever all there is: then only JSON that is
    /// whole tells.
    private static func isWhole(_ body: [UInt8]) -> Bool {
        if body.isEmpty || body.count % Quarantine.partSize != 0 { return true }
        let kind = try? JSONParser(maxDepth: Envelope.messageDepth).parse(body) { $0.kind }
        return kind != nil
    }

    /// Makes a message for the queue of a refusal, to be processed again.
    ///
    /// An unreadable message comes back as it was. An entry becomes the only one of a message whose id is made of the
    /// old message's id and the position: under the old id, events without an id of their own would take the keys of
    /// others, and under a random one a repeated replay would store them again. So events of the entry that were
    /// stored before and have no id are stored a second time, under the new message's id.
    ///
    /// - Parameter parts: All parts, in any order, of the same message and position.
    /// - Returns: The message's body; `nil` if a part is missing, seems to be, or is of another refusal.
    public static func message(of parts: [StoredQuarantine]) -> [UInt8]? {
        guard let first = parts.first, let body = body(of: parts), isWhole(body) else { return nil }
        guard let position = first.position else { return body }
        let digest = Digest.sha256(Array("\(first.messageID)#\(position)".utf8))
        var words = (high: UInt64(0), low: UInt64(0))
        for byte in digest[..<8] { words.high = words.high << 8 | UInt64(byte) }
        for byte in digest[8..<16] { words.low = words.low << 8 | UInt64(byte) }
        // A UUID of version 8 (RFC 9562, section 5.8): bits of one's own making.
        let id = UUIDv7(high: words.high & ~0xF000 | 0x8000, low: words.low >> 2 | 1 << 63)
        var message: [UInt8] = []
        message.reserveCapacity(EnvelopeWriter.messageSize(entries: 1, entryBytes: body.count))
        EnvelopeWriter.open(id: id, to: &message)
        message += body
        EnvelopeWriter.close(&message)
        return message
    }
}
