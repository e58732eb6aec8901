import AWSCore
import Testing

@testable import Demo

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A catcher, worker or simulator that a test has started, can ask, and can kill.
final class Server: Sendable {
    let process: ChildProcess
    /// `http://127.0.0.1:…` of the admin listener.
    let admin: String
    private let pidFile: String
    private let transport: any Transport

    /// Starts it.
    ///
    /// - Parameters:
    ///   - name: What to call it; its log is `<name>.log`.
    ///   - command: The file to run, and its arguments.
    ///   - environment: Its environment, whole.
    ///   - folder: Where its log is written.
    ///   - adminPort: Where its admin listener is.
    ///   - transport: Carries the questions.
    /// - Throws: `SpawnError` where it cannot be started.
    init(
        _ name: String, _ command: [String], environment: [String: String], folder: String, adminPort: Int,
        transport: any Transport
    ) throws {
        pidFile = "\(folder)/\(name).pid"
        unlink(pidFile)
        // The guard's child writes its id, and becomes the server: so the server itself can be killed.
        process = try ChildProcess(
            name, ["/bin/sh", "-c", #"echo $$ >"$0"; exec "$@""#, pidFile] + command, environment: environment,
            guardian: try Built.executable("demo"), folder: folder)
        admin = "http://127.0.0.1:\(adminPort)"
        self.transport = transport
    }

    /// Waits until `/readyz` says 200.
    func ready() async throws {
        try await Probe(transport: transport).waitUntilReady("\(admin)/readyz", of: process, limit: .seconds(90))
    }

    /// What `/readyz` says; status 0 while nobody listens.
    func readiness() async -> (status: Int, text: String) {
        guard let answer = try? await get("/readyz") else { return (0, "no answer") }
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }

    /// A metric, labels and all; 0 while it is not there.
    func metric(_ name: String) async -> Double {
        guard let answer = try? await get("/metrics") else { return 0 }
        return Probe.value(of: name, in: String(decoding: answer.body, as: UTF8.self)) ?? 0
    }

    /// Ends it as a power cut would, and waits until it is gone.
    func kill() async throws {
        try await signal(SIGKILL)
        #expect(await process.exited() == 128 + SIGKILL)
    }

    /// Asks it to end, and waits until it has.
    ///
    /// - Returns: Its exit status.
    func terminate() async throws -> Int32 {
        try await signal(SIGTERM)
        return await process.exited()
    }

    /// Stops its every thread where it is: to others it is there and silent.
    func pause() async throws {
        try await signal(SIGSTOP)
    }

    /// Lets it go on.
    func resume() async throws {
        try await signal(SIGCONT)
    }

    private func signal(_ number: Int32) async throws {
        try await eventually("\(process.name) is started") { readPID() == nil ? "no process id" : nil }
        guard let pid = readPID(), process.exitStatus == nil else {
            throw Obstacle("\(process.name) has ended already:\n\(process.lastLines())")
        }
        guard sendSignal(pid, number) == 0 else {
            throw Obstacle("\(process.name) cannot be signalled: \(String(cString: strerror(errno)))")
        }
    }

    private func readPID() -> pid_t? {
        let file = open(pidFile, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = max(0, read(file, &buffer, buffer.count))
        let text = String(decoding: buffer[..<count], as: UTF8.self)
        return text.hasSuffix("\n") ? pid_t(text.dropLast()) : nil
    }

    private func get(_ path: String) async throws -> HTTPResponse {
        var request = HTTPRequest(method: "GET", url: admin + path)
        request.timeout = .seconds(5)
        return try await transport.send(request)
    }
}

/// `kill(2)` under a name that ``Server/kill()`` does not hide.
private func sendSignal(_ pid: pid_t, _ number: Int32) -> Int32 {
    kill(pid, number)
}
