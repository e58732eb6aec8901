import AWSCore
import NIOHTTP1

/// What the catcher needs of a request's line and header, checked beyond what the decoder checks.
struct RequestHead: Sendable {
    let method: HTTPMethod
    let route: RouteName
    /// The query, without the question mark.
    let query: Substring
    /// The body's length, where the header says it; 0 without a body.
    private(set) var length: Int? = 0
    /// Whether the connection stays open after the answer.
    private(set) var isKeptAlive: Bool
    /// Whether `Expect: 100-continue` was sent.
    private(set) var expectsContinue = false
    /// Whether `Sec-GPC: 1` was sent.
    private(set) var isPrivate = false
    private(set) var contentType: String?
    private(set) var contentEncoding: String?
    private(set) var origin: String?
    private(set) var userAgent: String?
    /// The field values of `X-Forwarded-For`, in order; nearly always at most one.
    private(set) var forwardedFor: [String] = []

    /// Reads a head.
    ///
    /// - Parameters:
    ///   - head: The head, as the decoder gives it.
    ///   - limits: How large it may be.
    /// - Throws: ``Refusal``: too large, or framed in a way that another server could read otherwise.
    init(_ head: HTTPRequestHead, limits: Limits) throws(Refusal) {
        guard head.uri.utf8.count <= limits.target.bytes else { throw .targetTooLong }
        method = head.method
        // Behind CONNECT comes no HTTP: the decoder stops there.
        isKeptAlive = head.isKeepAlive && head.method != .CONNECT
        (route, query) = Self.route(head.uri)
        var framing = Framing()
        for (name, value) in head.headers {
            framing.size += name.utf8.count + value.utf8.count + 4
            try take(name, value, &framing)
        }
        guard framing.size <= limits.headers.bytes else { throw .headersTooLarge }
        if framing.hosts > 1 || (framing.hosts == 0 && head.version == .http1_1) {
            throw .malformed("The header has no Host field, or several.")
        }
        if framing.isChunked {
            // Both, or chunks from a client of HTTP/1.0: signs of smuggling (RFC 9112, section 6.1).
            if framing.length != nil || head.version == .http1_0 {
                throw .malformed("The request's length is given in two ways.")
            }
            length = nil
        } else {
            length = framing.length ?? 0
        }
    }

    /// What the framing rests on, collected while the fields are read.
    private struct Framing {
        var size = 0
        var hosts = 0
        var length: Int?
        var isChunked = false
    }

    private mutating func take(_ name: String, _ value: String, _ framing: inout Framing) throws(Refusal) {
        // The length tells most of them apart.
        switch name.utf8.count {
        case 4 where name.isField("host"):
            framing.hosts += 1
        case 6 where name.isField("origin"):
            if origin != nil { throw .malformed("The header has two Origin fields.") }
            origin = value
        case 6 where name.isField("expect"):
            expectsContinue = value.isField("100-continue")
        case 7 where name.isField("sec-gpc"):
            isPrivate = value == "1"
        case 7 where name.isField("upgrade"):
            // The decoder stops at a request for another protocol, which it does not get.
            isKeptAlive = false
        case 10 where name.isField("user-agent"):
            userAgent = value
        case 12 where name.isField("content-type"):
            if contentType != nil { throw .malformed("The header has two Content-Type fields.") }
            contentType = value
        case 14 where name.isField("content-length"):
            guard framing.length == nil, let length = Self.decimal(value) else {
                throw .malformed("Content-Length is no single number.")
            }
            framing.length = length
        case 15 where name.isField("x-forwarded-for"):
            forwardedFor.append(value)
        case 16 where name.isField("content-encoding"):
            if contentEncoding != nil { throw .malformed("The header has two Content-Encoding fields.") }
            contentEncoding = value
        case 17 where name.isField("transfer-encoding"):
            guard !framing.isChunked, value.isField("chunked") else {
                throw .malformed("Transfer-Encoding is not chunked alone.")
            }
            framing.isChunked = true
        default: break
        }
    }

    /// Reads the fields behind a chunked body. Those of the connection do not belong there (RFC 9110, section 6.5.1), but
    /// the decoder heeds them, and may stop: nothing behind them is read.
    mutating func take(_ trailers: HTTPHeaders) {
        for (name, _) in trailers
        where name.isField("connection") || name.isField("proxy-connection") || name.isField("upgrade") {
            isKeptAlive = false
        }
    }

    /// Splits origin form (`/path?query`) and absolute form (`http://host/path?query`).
    static func route(_ target: String) -> (RouteName, Substring) {
        if target == "/work" { return (.work, "") }
        var rest = target[...]
        if !rest.utf8.starts(with: "/".utf8) {
            guard let scheme = rest.firstRange(of: "://") else { return (.other, "") }
            rest = rest[scheme.upperBound...]
            rest = rest[(rest.firstIndex(of: "/") ?? rest.endIndex)...]
        }
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        let path = rest[..<(mark ?? rest.endIndex)]
        let query = mark.map { rest[rest.utf8.index(after: $0)...] } ?? ""
        return (RouteName(rawValue: String(path)) ?? .other, query)
    }

    /// The page's origin in a head that is refused; `nil` if there is none, or several.
    static func origin(in headers: HTTPHeaders) -> String? {
        let origins = headers["Origin"]
        return origins.count == 1 ? origins[0] : nil
    }

    /// A number of 1 to 18 decimal digits.
    private static func decimal(_ text: String) -> Int? {
        guard 1...18 ~= text.utf8.count else { return nil }
        var number = 0
        for byte in text.utf8 {
            let digit = byte &- 0x30
            if digit > 9 { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }
}

extension StringProtocol {
    /// Whether this is a text, letters of ASCII in either case.
    ///
    /// - Parameter text: The text, in lower case.
    /// - Returns: Whether they are the same.
    func isField(_ text: StaticString) -> Bool {
        guard utf8.count == text.utf8CodeUnitCount else { return false }
        var at = 0
        for byte in utf8 {
            let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
            if lower != text.utf8Start[at] { return false }
            at &+= 1
        }
        return true
    }
}
