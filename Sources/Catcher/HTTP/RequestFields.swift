#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

extension RequestHeadParser {
    /// What the framing rests on, collected while the fields are read.
    private struct Framing {
        var hosts = 0
        var length: Int?
        var isChunked = false
    }

    /// Reads the header fields.
    ///
    /// - Parameters:
    ///   - bytes: The head.
    ///   - start: Where the first field begins.
    ///   - end: Where the empty line begins.
    ///   - head: Takes what is needed of them.
    /// - Returns: Why the request is refused; `nil` if it is not.
    func parseFields(
        _ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int, _ head: inout RequestHead
    ) -> Refusal? {
        guard bytes[end] == 0x0D else { return .malformed("A line does not end with CR LF.") }
        var framing = Framing()
        var at = start
        while at < end {
            let nameStart = at
            while at < end && Self.isToken(bytes[at]) { at &+= 1 }
            guard at > nameStart, at < end, bytes[at] == UInt8(ascii: ":") else {
                return .malformed("A header field is malformed.")
            }
            let name = UnsafeRawBufferPointer(rebasing: bytes[nameStart..<at])
            at &+= 1
            while at < end && (bytes[at] == 0x20 || bytes[at] == 0x09) { at &+= 1 }
            let valueStart = at
            while at < end && (bytes[at] >= 0x20 || bytes[at] == 0x09) && bytes[at] != 0x7F { at &+= 1 }
            guard at + 1 < bytes.count, bytes[at] == 0x0D, bytes[at + 1] == 0x0A else {
                return .malformed("A header field holds a control character.")
            }
            var valueEnd = at
            while valueEnd > valueStart && (bytes[valueEnd - 1] == 0x20 || bytes[valueEnd - 1] == 0x09) {
                valueEnd &-= 1
            }
            at &+= 2
            if let refusal = take(name, valueStart..<valueEnd, bytes, &head, &framing) { return refusal }
        }
        return settle(framing, &head)
    }

    private func take(
        _ name: UnsafeRawBufferPointer, _ value: Range<Int>, _ bytes: UnsafeRawBufferPointer,
        _ head: inout RequestHead, _ framing: inout Framing
    ) -> Refusal? {
        switch name.count {
        case 4 where ASCII.equalsIgnoringCase(name, "host"):
            framing.hosts += 1
        case 6 where ASCII.equalsIgnoringCase(name, "origin"):
            if head.origin != nil { return .malformed("The header has two Origin fields.") }
            head.origin = value
        case 6 where ASCII.equalsIgnoringCase(name, "expect"):
            head.expectsContinue = ASCII.equalsIgnoringCase(Self.slice(bytes, value), "100-continue")
        case 7 where ASCII.equalsIgnoringCase(name, "sec-gpc"):
            head.isPrivate = ASCII.equals(Self.slice(bytes, value), "1")
        case 10 where ASCII.equalsIgnoringCase(name, "user-agent"):
            head.userAgent = value
        case 10 where ASCII.equalsIgnoringCase(name, "connection"):
            takeConnection(Self.slice(bytes, value), &head)
        case 12 where ASCII.equalsIgnoringCase(name, "content-type"):
            if head.contentType != nil { return .malformed("The header has two Content-Type fields.") }
            head.contentType = value
        case 14 where ASCII.equalsIgnoringCase(name, "content-length"):
            guard framing.length == nil, let length = Self.decimal(Self.slice(bytes, value)) else {
                return .malformed("Content-Length is no single number.")
            }
            framing.length = length
        case 15 where ASCII.equalsIgnoringCase(name, "x-forwarded-for"):
            head.forwardedFor.append(value)
        case 16 where ASCII.equalsIgnoringCase(name, "content-encoding"):
            if head.contentEncoding != nil { return .malformed("The header has two Content-Encoding fields.") }
            head.contentEncoding = value
        case 17 where ASCII.equalsIgnoringCase(name, "transfer-encoding"):
            guard !framing.isChunked, ASCII.equalsIgnoringCase(Self.slice(bytes, value), "chunked") else {
                return .malformed("Transfer-Encoding is not chunked alone.")
            }
            framing.isChunked = true
        default: break
        }
        return nil
    }

    private func settle(_ framing: Framing, _ head: inout RequestHead) -> Refusal? {
        if framing.hosts > 1 || (framing.hosts == 0 && !head.isVersion10) {
            return .malformed("The header has no Host field, or several.")
        }
        if framing.isChunked {
            // Both, or chunks from a client of HTTP/1.0: signs of smuggling (RFC 9112, section 6.1).
            if framing.length != nil || head.isVersion10 {
                return .malformed("The request's length is given in two ways.")
            }
            head.framing = .chunked
        } else if let length = framing.length, length > 0 {
            head.framing = .length(length)
        }
        return nil
    }

    private func takeConnection(_ value: UnsafeRawBufferPointer, _ head: inout RequestHead) {
        for option in value.split(separator: UInt8(ascii: ",")) {
            let option = Self.trimmed(UnsafeRawBufferPointer(rebasing: option))
            if ASCII.equalsIgnoringCase(option, "close") {
                head.isKeptAlive = false
                return
            }
            if head.isVersion10 && ASCII.equalsIgnoringCase(option, "keep-alive") { head.isKeptAlive = true }
        }
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var rest = bytes[...]
        while let first = rest.first, first == 0x20 || first == 0x09 { rest = rest.dropFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 { rest = rest.dropLast() }
        return UnsafeRawBufferPointer(rebasing: rest)
    }

    private static func slice(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }

    /// A number of 1 to 18 decimal digits.
    private static func decimal(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard 1...18 ~= bytes.count else { return nil }
        var number = 0
        for byte in bytes {
            let digit = byte &- 0x30
            if digit > 9 { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }
}
