import AWSCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Reads the head of an HTTP/1.1 or 1.0 request, strictly (RFC 9112): lines end with CRLF, no folded lines, no space
/// before a colon, no control characters, one `Host`, and a length that nobody can read in two ways.
///
/// Whatever two servers in a row could understand differently is refused, so that nothing can be smuggled past the
/// one in front.
struct RequestHeadParser: Sendable {
    enum Result {
        /// The head is not whole yet.
        case incomplete
        case head(RequestHead)
        case refused(Refusal)
    }

    let limits: Limits

    /// Reads a head from its first byte.
    ///
    /// - Parameters:
    ///   - bytes: What has arrived, from the head's first byte.
    ///   - scanned: How much of it earlier calls have seen; 0 for a new request, then left to this function.
    /// - Returns: The head, once it is whole.
    func parse(_ bytes: UnsafeRawBufferPointer, scanned: inout Int) -> Result {
        guard let end = Self.endOfHead(bytes, scanned: &scanned) else { return check(unfinished: bytes) }
        var head = RequestHead()
        head.size = end
        let lineEnd = Self.lineEnd(bytes, from: 0)
        if let refusal = parseLine(bytes, lineEnd, &head) { return .refused(refusal) }
        if end - lineEnd - 4 > limits.headers.bytes { return .refused(.headersTooLarge) }
        if let refusal = parseFields(bytes, from: lineEnd + 2, to: end - 2, &head) { return .refused(refusal) }
        return .head(head)
    }

    /// What is wrong already with a head whose end has not come.
    private func check(unfinished bytes: UnsafeRawBufferPointer) -> Result {
        let first = Self.lineEnd(bytes, from: 0)
        if first == bytes.count {
            // The longest request line: a method, a target of the greatest size, the version.
            if bytes.count > limits.target.bytes + 32 { return .refused(.targetTooLong) }
            if let byte = bytes.first, !Self.isToken(byte) { return .refused(.malformed("The request is not HTTP.")) }
            return .incomplete
        }
        var head = RequestHead()
        if let refusal = parseLine(bytes, first, &head) { return .refused(refusal) }
        return bytes.count - first - 2 > limits.headers.bytes ? .refused(.headersTooLarge) : .incomplete
    }

    /// The position behind the empty line; `nil` if it has not come.
    private static func endOfHead(_ bytes: UnsafeRawBufferPointer, scanned: inout Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        while scanned < bytes.count, let found = memchr(base + scanned, 0x0A, bytes.count - scanned) {
            let lineFeed = UnsafeRawPointer(found) - base
            if lineFeed + 2 >= bytes.count { break }
            scanned = lineFeed + 1
            if bytes[lineFeed + 1] == 0x0A { return lineFeed + 2 }
            if bytes[lineFeed + 1] == 0x0D && bytes[lineFeed + 2] == 0x0A { return lineFeed + 3 }
        }
        return nil
    }

    /// The position of the first CR LF from `start`, or the end.
    private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start) else {
            return bytes.count
        }
        let lineFeed = UnsafeRawPointer(found) - base
        return lineFeed > start && bytes[lineFeed - 1] == 0x0D ? lineFeed - 1 : lineFeed
    }

    private func parseLine(_ bytes: UnsafeRawBufferPointer, _ end: Int, _ head: inout RequestHead) -> Refusal? {
        guard end < bytes.count, bytes[end] == 0x0D else { return .malformed("A line does not end with CR LF.") }
        var at = 0
        while at < end && Self.isToken(bytes[at]) { at &+= 1 }
        guard at > 0, at < end, bytes[at] == 0x20 else { return .malformed("The request is not HTTP.") }
        head.method = Self.method(UnsafeRawBufferPointer(rebasing: bytes[0..<at]))
        let targetStart = at + 1
        at = targetStart
        while at < end && bytes[at] > 0x20 && bytes[at] != 0x7F { at &+= 1 }
        let target = targetStart..<at
        if target.count > limits.target.bytes { return .targetTooLong }
        guard !target.isEmpty, at < end, bytes[at] == 0x20, end - at == 9 else {
            return .malformed("The request line is not that of HTTP/1.1.")
        }
        let version = UnsafeRawBufferPointer(rebasing: bytes[(at + 1)..<end])
        if ASCII.equals(version, "HTTP/1.0") {
            head.isKeptAlive = false
            head.isVersion10 = true
        } else if !ASCII.equals(version, "HTTP/1.1") {
            return .malformed("The request is not of HTTP/1.1.")
        }
        return Self.split(target, of: bytes, &head)
    }

    /// Splits origin form (`/path?query`) and absolute form (`http://host/path?query`); `*` has no path.
    private static func split(
        _ target: Range<Int>, of bytes: UnsafeRawBufferPointer, _ head: inout RequestHead
    ) -> Refusal? {
        var start = target.lowerBound
        if bytes[start] != UInt8(ascii: "/") {
            if target.count == 1 && bytes[start] == UInt8(ascii: "*") { return nil }
            guard let colon = bytes[target].firstIndex(of: UInt8(ascii: ":")), colon + 2 < target.upperBound,
                bytes[colon + 1] == UInt8(ascii: "/"), bytes[colon + 2] == UInt8(ascii: "/")
            else { return .malformed("The request's target is neither a path nor a URL.") }
            start = bytes[(colon + 3)..<target.upperBound].firstIndex(of: UInt8(ascii: "/")) ?? target.upperBound
        }
        let mark = bytes[start..<target.upperBound].firstIndex(of: UInt8(ascii: "?"))
        head.path = start..<(mark ?? target.upperBound)
        if let mark { head.query = (mark + 1)..<target.upperBound }
        return nil
    }

    private static func method(_ bytes: UnsafeRawBufferPointer) -> RequestMethod {
        if ASCII.equals(bytes, "POST") { return .post }
        if ASCII.equals(bytes, "GET") { return .get }
        if ASCII.equals(bytes, "OPTIONS") { return .options }
        return ASCII.equals(bytes, "HEAD") ? .head : .other
    }

    /// Whether a byte may stand in a token (RFC 9110, section 5.6.2).
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // Bit n of the word for 32·k…: ! # $ % & ' * + - . 0-9; A-Z ^ _; ` a-z | ~.
        switch byte >> 5 {
        case 1: return 0x03FF_6CFA & (1 << UInt32(byte & 31)) != 0
        case 2: return 0xC7FF_FFFE & (1 << UInt32(byte & 31)) != 0
        case 3: return 0x57FF_FFFF & (1 << UInt32(byte & 31)) != 0
        default: return false
        }
    }
}
