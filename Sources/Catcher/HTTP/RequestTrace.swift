import NIOHTTP1

/// What a refusal's log entry says of its request; made only where refusals are logged.
final class RequestTrace: Sendable {
    /// What the client or a proxy calls the request, cut at 128 bytes; the log escapes it.
    let id: String?
    /// The client, as far as trusted proxies tell and its address may be kept.
    let client: String?

    /// - Parameters:
    ///   - headers: The request's header fields.
    ///   - client: The client's address, as it may be logged.
    init(_ headers: HTTPHeaders, client: String?) {
        let given = headers.first(name: "X-Request-ID") ?? headers.first(name: "X-Amzn-Trace-Id")
        id = given.flatMap { $0.isEmpty ? nil : Self.cut($0, 128) }
        self.client = client
    }

    private static func cut(_ text: String, _ limit: Int) -> String {
        var end = text.utf8.index(text.startIndex, offsetBy: limit, limitedBy: text.endIndex) ?? text.endIndex
        while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil {
            end = text.utf8.index(before: end)
        }
        return String(text[..<end])
    }
}
