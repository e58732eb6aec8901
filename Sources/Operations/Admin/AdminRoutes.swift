import AWSCore
import NIOHTTP1

/// What the admin listener answers, apart from how it is carried.
public struct AdminRoutes: Sendable {
    let readiness: Readiness
    let liveness: Liveness
    let metrics: MetricsRegistry

    /// - Parameters:
    ///   - readiness: What `/readyz` shows.
    ///   - liveness: What `/healthz` shows.
    ///   - metrics: What `/metrics` shows.
    public init(readiness: Readiness, liveness: Liveness, metrics: MetricsRegistry) {
        self.readiness = readiness
        self.liveness = liveness
        self.metrics = metrics
    }

    struct Answer: Equatable {
        var status: HTTPResponseStatus
        var contentType = "application/json"
        var body: [UInt8]
        var allow: String?
    }

    /// - Parameters:
    ///   - method: The request's method.
    ///   - uri: The request's target; a query does not count.
    /// - Returns: The answer, whole.
    func answer(_ method: HTTPMethod, _ uri: String) -> Answer {
        let path = uri.prefix { $0 != "?" }
        let route: (() -> Answer)? =
            switch path {
            case "/healthz": health
            case "/readyz": ready
            case "/metrics": exposition
            default: nil
            }
        guard let route else {
            return error(.notFound, "not_found", "there are /healthz, /readyz and /metrics")
        }
        guard method == .GET || method == .HEAD else {
            var answer = error(.methodNotAllowed, "method_not_allowed", "GET and HEAD are allowed")
            answer.allow = "GET, HEAD"
            return answer
        }
        return route()
    }

    private func health() -> Answer {
        let stuck = liveness.stuck.sorted()
        return state("healthy", stuck.isEmpty, Dictionary(stuck.map { ($0, "makes no progress") }) { $1 })
    }

    private func ready() -> Answer {
        let failures = readiness.failures
        return state("ready", failures.isEmpty, failures)
    }

    private func exposition() -> Answer {
        Answer(status: .ok, contentType: PrometheusText.contentType, body: Array(metrics.exposition().utf8))
    }

    private func state(_ name: StaticString, _ holds: Bool, _ reasons: [String: String]) -> Answer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key(name)
        writer.bool(holds)
        if !holds {
            writer.key("reasons")
            writer.beginObject()
            for (condition, reason) in reasons.sorted(by: { $0.key < $1.key }) {
                writer.key(escaping: condition)
                writer.string(reason)
            }
            writer.endObject()
        }
        writer.endObject()
        return Answer(status: holds ? .ok : .serviceUnavailable, body: writer.bytes + [UInt8(ascii: "\n")])
    }

    private func error(_ status: HTTPResponseStatus, _ code: StaticString, _ detail: String) -> Answer {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        code.withUTF8Buffer { writer.string(utf8: UnsafeRawBufferPointer($0)) }
        writer.key("detail")
        writer.string(detail)
        writer.endObject()
        return Answer(status: status, body: writer.bytes + [UInt8(ascii: "\n")])
    }
}
