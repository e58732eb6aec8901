import AWSCore
import Foundation

/// Recorded HTTP traffic in smithy-rs's form.
struct RecordedTraffic: Decodable {
    struct Event: Decodable {
        struct Action: Decodable {
            struct Request: Decodable {
                struct Head: Decodable {
                    let uri: String
                    let method: String
                }
                let request: Head
            }
            struct Response: Decodable {
                struct Outcome: Decodable {
                    struct Head: Decodable {
                        let status: Int
                        let headers: [String: [String]]
                    }
                    let Ok: Head
                }
                let response: Outcome
            }
            struct Chunk: Decodable {
                let data: [String: String]
                let direction: String
            }
            let Request: Request?
            let Response: Response?
            let Data: Chunk?
        }
        let connection_id: Int
        let action: Action
    }
    let events: [Event]

    /// The requests with their answers, in order.
    func exchanges() -> [RecordedTransport.Exchange] {
        let connections = Set(events.map(\.connection_id)).sorted()
        return connections.compactMap { id in
            let actions = events.filter { $0.connection_id == id }.map(\.action)
            guard let request = actions.compactMap(\.Request).first?.request,
                let response = actions.compactMap(\.Response).first?.response.Ok
            else { return nil }
            func body(_ direction: String) -> String {
                actions.compactMap(\.Data).filter { $0.direction == direction }.compactMap { $0.data["Utf8"] }.joined()
            }
            return RecordedTransport.Exchange(
                method: request.method, url: request.uri, body: body("Request"),
                response: HTTPResponse(
                    status: response.status,
                    headers: response.headers.flatMap { name, values in values.map { HTTPHeader(name, $0) } },
                    body: Array(body("Response").utf8)))
        }
    }
}

/// Answers with what was recorded, and notes where a request is another than the recorded one.
// @unchecked Sendable: the mutable state is used under `lock` only.
final class RecordedTransport: Transport, @unchecked Sendable {
    struct Exchange {
        let method: String
        let url: String
        let body: String
        let response: HTTPResponse
    }

    private let lock = NSLock()
    private var exchanges: [Exchange]
    private var notes: [String] = []

    init(_ exchanges: [Exchange]) {
        self.exchanges = exchanges
    }

    var unused: Int { lock.withLock { exchanges.count } }
    var mismatches: [String] { lock.withLock { notes } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let expected = lock.withLock { exchanges.isEmpty ? nil : exchanges.removeFirst() }
        guard let expected else {
            lock.withLock { notes.append("an unexpected request to \(request.url)") }
            throw TransportError(.connect, "nothing was recorded")
        }
        lock.withLock {
            if request.method != expected.method { notes.append("\(request.method), not \(expected.method)") }
            if Self.trimmed(request.url) != Self.trimmed(expected.url) {
                notes.append("\(request.url), not \(expected.url)")
            }
            let body = Self.fields(String(decoding: request.body, as: UTF8.self))
            if body != Self.fields(expected.body) { notes.append("\(body), not \(expected.body)") }
        }
        return expected.response
    }

    private static func trimmed(_ url: String) -> String {
        url.hasSuffix("/") ? String(url.dropLast()) : url
    }

    /// A form's fields, but for the session's name, which every SDK makes up for itself.
    private static func fields(_ body: String) -> Set<String> {
        Set(body.split(separator: "&").map(String.init).filter { !$0.hasPrefix("RoleSessionName=") })
    }
}
