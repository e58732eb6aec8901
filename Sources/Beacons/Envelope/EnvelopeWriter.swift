public import AWSCore

/// Writes the message on the queue, as pure functions over bytes, of sizes known beforehand.
///
/// A message is ``open(id:to:)``, entries with a comma between them, ``close(_:)``; an entry is
/// ``appendEntryHead(at:project:ip:userAgent:origin:gpc:to:)``, the beacon's bytes as they came (one object, from
/// ``BodyReader``), ``closeEntry(_:)``. ``messageSize(entries:entryBytes:)`` says what that comes to.
public enum EnvelopeWriter {
    /// Bytes of what ``open(id:to:)`` appends.
    public static let openSize = openHead.utf8CodeUnitCount + UUIDv7.textLength + openTail.utf8CodeUnitCount
    /// Bytes between two entries.
    public static let separatorSize = 1
    /// Bytes of what ``closeEntry(_:)`` appends.
    public static let entryTailSize = 1
    /// Bytes of what ``close(_:)`` appends.
    public static let closeSize = 2

    private static let openHead: StaticString = "{\"v\":1,\"id\":\""
    private static let openTail: StaticString = "\",\"beacons\":["

    /// The size of a message.
    ///
    /// - Parameters:
    ///   - entries: How many entries it has.
    ///   - entryBytes: The sum of their sizes, each head, body and tail.
    /// - Returns: The message's size in bytes.
    public static func messageSize(entries: Int, entryBytes: Int) -> Int {
        openSize + entryBytes + separatorSize * max(0, entries - 1) + closeSize
    }

    /// Begins a message.
    ///
    /// - Parameters:
    ///   - id: The message's id.
    ///   - bytes: What to append to.
    public static func open(id: UUIDv7, to bytes: inout [UInt8]) {
        append(openHead, to: &bytes)
        id.append(to: &bytes)
        append(openTail, to: &bytes)
    }

    /// Separates two entries.
    ///
    /// - Parameter bytes: What to append to.
    public static func separate(_ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: ","))
    }

    /// Ends an entry, after its body.
    ///
    /// - Parameter bytes: What to append to.
    public static func closeEntry(_ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "}"))
    }

    /// Ends a message.
    ///
    /// - Parameter bytes: What to append to.
    public static func close(_ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "]"))
        bytes.append(UInt8(ascii: "}"))
    }

    /// Begins an entry, up to and with the key of its body. Absent facts are left out.
    ///
    /// - Parameters:
    ///   - at: When the beacon arrived.
    ///   - project: The write key's project.
    ///   - ip: The client's address, truncated already where it is to be.
    ///   - userAgent: The `User-Agent`; cut at 512 bytes, at a character boundary.
    ///   - origin: The `Origin`; cut at 256 bytes, at a character boundary.
    ///   - gpc: Whether `Sec-GPC: 1` came and counts. The caller then gives no `ip` and no `userAgent`.
    ///   - bytes: What to append to.
    public static func appendEntryHead(
        at: Timestamp, project: String? = nil, ip: String? = nil, userAgent: String? = nil, origin: String? = nil,
        gpc: Bool = false, to bytes: inout [UInt8]
    ) {
        append("{\"at\":", to: &bytes)
        appendDecimal(at.milliseconds, to: &bytes)
        if let project { append(",\"project\":\"", project, limit: .max, to: &bytes) }
        if let ip { append(",\"ip\":\"", ip, limit: .max, to: &bytes) }
        if let userAgent { append(",\"ua\":\"", userAgent, limit: Envelope.userAgentLimit.bytes, to: &bytes) }
        if let origin { append(",\"origin\":\"", origin, limit: Envelope.originLimit.bytes, to: &bytes) }
        if gpc { append(",\"gpc\":true", to: &bytes) }
        append(",\"body\":", to: &bytes)
    }

    /// Begins an entry, as ``appendEntryHead(at:project:ip:userAgent:origin:gpc:to:)`` does, in bytes of its own.
    ///
    /// - Parameters:
    ///   - at: When the beacon arrived.
    ///   - project: The write key's project.
    ///   - ip: The client's address.
    ///   - userAgent: The `User-Agent`.
    ///   - origin: The `Origin`.
    ///   - gpc: Whether `Sec-GPC: 1` came and counts.
    /// - Returns: The entry's bytes up to its body. The same head serves every beacon of a request.
    public static func entryHead(
        at: Timestamp, project: String? = nil, ip: String? = nil, userAgent: String? = nil, origin: String? = nil,
        gpc: Bool = false
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96 + (userAgent?.utf8.count ?? 0) + (origin?.utf8.count ?? 0))
        appendEntryHead(
            at: at, project: project, ip: ip, userAgent: userAgent, origin: origin, gpc: gpc, to: &bytes)
        return bytes
    }

    private static func append(_ key: StaticString, _ value: String, limit: Int, to bytes: inout [UInt8]) {
        append(key, to: &bytes)
        var value = value
        value.withUTF8 { utf8 in
            let kept = UTF8Cut.prefix(UnsafeRawBufferPointer(utf8), limit: limit)
            if SQSText.containsRefused(kept) {
                var text: [UInt8] = []
                JSONEscaping.append(kept, to: &text)
                SQSText.escapeRefused(in: &text)
                bytes.append(contentsOf: text)
            } else {
                JSONEscaping.append(kept, to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private static func appendDecimal(_ value: Int64, to bytes: inout [UInt8]) {
        var magnitude = value.magnitude
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var at = 20
            repeat {
                at -= 1
                let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
                digits[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
                magnitude = quotient
            } while magnitude > 0
            if value < 0 { bytes.append(UInt8(ascii: "-")) }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[at...]))
        }
    }
}
