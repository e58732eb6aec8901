/// A request's method, as far as the routes tell them apart.
enum RequestMethod: Sendable {
    case get
    case head
    case post
    case options
    case other
}

/// How a request's body is delimited (RFC 9112, section 6.3).
enum BodyFraming: Sendable, Equatable {
    case none
    case length(Int)
    case chunked
}

/// What the catcher needs of a request's line and header, as positions in the bytes that they were read from.
///
/// Positions count from the head's first byte, so that they hold wherever the bytes are moved.
struct RequestHead: Sendable {
    var method = RequestMethod.other
    /// The path, without the query; empty for `*`.
    var path = 0..<0
    /// The query, without the question mark; empty if there is none.
    var query = 0..<0
    /// Bytes of the head, the empty line included.
    var size = 0
    var framing = BodyFraming.none
    /// Whether the connection stays open after the answer.
    var isKeptAlive = true
    /// Whether the client speaks HTTP/1.0.
    var isVersion10 = false
    /// Whether `Expect: 100-continue` was sent.
    var expectsContinue = false
    /// Whether `Sec-GPC: 1` was sent.
    var isPrivate = false
    var contentType: Range<Int>?
    var contentEncoding: Range<Int>?
    var origin: Range<Int>?
    var userAgent: Range<Int>?
    /// The field values of `X-Forwarded-For`, in order; nearly always at most one.
    var forwardedFor: [Range<Int>] = []
}

/// Bytes compared with ASCII text.
enum ASCII {
    /// Whether bytes are a text, exactly.
    static func equals(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        var at = 0
        while at < bytes.count {
            if bytes[at] != text.utf8Start[at] { return false }
            at &+= 1
        }
        return true
    }

    /// Whether bytes are a text, letters in either case.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - text: The text, in lower case.
    /// - Returns: Whether they are the same.
    static func equalsIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        guard bytes.count == text.utf8CodeUnitCount else { return false }
        var at = 0
        while at < bytes.count {
            let byte = bytes[at]
            let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if lower != text.utf8Start[at] { return false }
            at &+= 1
        }
        return true
    }
}
