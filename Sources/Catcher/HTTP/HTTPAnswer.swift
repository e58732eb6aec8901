import AWSCore

/// An answer of the public listener.
enum HTTPAnswer: Sendable {
    /// 200, empty: the beacons are durable.
    case accepted
    /// 204: what a browser asks before it sends.
    case preflight
    /// 200: no robots.
    case robots
    case refused(Refusal)

    /// The status code.
    var status: Int {
        switch self {
        case .accepted, .robots: 200
        case .preflight: 204
        case .refused(let refusal): refusal.status
        }
    }
}

/// A refusal: the status, the contract's code, a sentence, and what header fields belong to them.
struct Refusal: Error {
    let status: Int
    let reason: StaticString
    /// The `error` of the body.
    let error: StaticString
    /// The `detail` of the body: a sentence.
    let detail: String
    /// Header lines, each with its line end.
    var fields: StaticString = ""
    /// When to try again.
    var retryAfter: Duration?

    static func malformed(_ detail: String) -> Refusal {
        Refusal(status: 400, reason: "Bad Request", error: "malformed", detail: detail)
    }

    static let originRefused = Refusal(
        status: 403, reason: "Forbidden", error: "origin_refused",
        detail: "Beacons are not taken from pages of this origin.")

    static let unknownKey = Refusal(
        status: 401, reason: "Unauthorized", error: "unknown_key", detail: "The write key is missing or unknown.",
        fields: "WWW-Authenticate: Key realm=\"beacons\"\r\n")

    static func rateLimited(_ wait: Duration) -> Refusal {
        Refusal(
            status: 429, reason: "Too Many Requests", error: "rate_limited",
            detail: "This client sends more beacons than it may; Retry-After says when to go on.", retryAfter: wait)
    }

    static let notFound = Refusal(
        status: 404, reason: "Not Found", error: "not_found", detail: "There is nothing at this path.")

    static func methodNotAllowed(_ fields: StaticString) -> Refusal {
        Refusal(
            status: 405, reason: "Method Not Allowed", error: "method_not_allowed",
            detail: "This path does not take that method; Allow says which it takes.", fields: fields)
    }

    static let timeout = Refusal(
        status: 408, reason: "Request Timeout", error: "timeout", detail: "The request did not arrive whole in time.")

    static func tooLarge(_ detail: String) -> Refusal {
        Refusal(status: 413, reason: "Content Too Large", error: "too_large", detail: detail)
    }

    static func bodyTooLarge(_ limit: ByteCount) -> Refusal {
        tooLarge("A body has at most \(limit.bytes) bytes, inflated.")
    }

    static let targetTooLong = Refusal(
        status: 414, reason: "URI Too Long", error: "uri_too_long", detail: "A URL has at most 16384 bytes.")

    static func unsupported(_ detail: String) -> Refusal {
        Refusal(status: 415, reason: "Unsupported Media Type", error: "unsupported", detail: detail)
    }

    static let headersTooLarge = Refusal(
        status: 431, reason: "Request Header Fields Too Large", error: "headers_too_large",
        detail: "A request's header fields have at most 32768 bytes.")

    static func unavailable(_ detail: String) -> Refusal {
        Refusal(
            status: 503, reason: "Service Unavailable", error: "unavailable", detail: detail,
            retryAfter: .seconds(2))
    }

    static let full = unavailable("Too many beacons are waiting for the queue; try again.")
    static let queueRefuses = unavailable("The queue did not take the beacons in time; try again.")
    static let spoolFull = unavailable("The queue does not take beacons and the spool is full; try again.")
    static let tooManyConnections = unavailable("There are too many connections; try again.")
}
