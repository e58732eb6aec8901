import AWSCore

/// Asks a server on this machine how it is.
struct Probe: Sendable {
    let transport: any Transport

    /// Waits until a server answers with 200.
    ///
    /// - Parameters:
    ///   - url: What to ask.
    ///   - child: The server's process; it ending first is a failure.
    ///   - limit: How long to wait.
    /// - Throws: ``DemoFailure`` with the end of the process's log.
    func waitUntilReady(_ url: String, of child: ChildProcess, limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        var last = "no answer"
        while ContinuousClock.now < deadline {
            if let status = child.exitStatus {
                throw DemoFailure(
                    "\(child.name) ended with status \(status); the end of \(child.log):\n\(child.lastLines())")
            }
            if let response = try? await get(url) {
                if response.status == 200 { return }
                last = "\(response.status) \(String(decoding: response.body.prefix(300), as: UTF8.self))"
            }
            try await Task.sleep(for: .milliseconds(25))
        }
        throw DemoFailure(
            "\(child.name) is not ready after \(limit) (\(last)); the end of \(child.log):\n\(child.lastLines())")
    }

    /// User and system CPU of a server so far, in seconds, from its own metrics.
    func cpuSeconds(adminPort: Int) async -> Double? {
        guard let response = try? await get("http://127.0.0.1:\(adminPort)/metrics") else { return nil }
        return Self.value(of: "process_cpu_seconds_total", in: String(decoding: response.body, as: UTF8.self))
    }

    /// A metric without labels, in Prometheus' text format.
    static func value(of name: String, in exposition: String) -> Double? {
        for line in exposition.split(separator: "\n") where line.hasPrefix("\(name) ") {
            return Double(line.dropFirst(name.utf8.count + 1))
        }
        return nil
    }

    private func get(_ url: String) async throws -> HTTPResponse {
        var request = HTTPRequest(method: "GET", url: url)
        request.timeout = .seconds(2)
        request.usesProxy = false
        return try await transport.send(request)
    }
}

/// Why the demo cannot go on, for a person.
struct DemoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
