import Dispatch
import Locking

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A process that the demo started, under a guard that ends it when the demo ends.
final class ChildProcess: Sendable {
    let name: String
    /// The file with what it writes.
    let log: String

    private enum State {
        case running([CheckedContinuation<Int32, Never>])
        case exited(Int32)
    }

    private let lifeline: Guarded<Int32?>
    private let state = Guarded(State.running([]))

    /// Starts it.
    ///
    /// - Parameters:
    ///   - name: What to call it.
    ///   - command: The file to run, and its arguments.
    ///   - environment: Its environment, whole.
    ///   - guardian: The demo's own executable.
    ///   - folder: Where its log is written, as `<name>.log`.
    /// - Throws: `SpawnError` where it cannot be started.
    init(
        _ name: String, _ command: [String], environment: [String: String], guardian: String, folder: String
    ) throws(SpawnError) {
        self.name = name
        log = "\(folder)/\(name).log"
        let output = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard output >= 0 else {
            throw SpawnError(description: "\(log) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer { close(output) }
        let pipe = try Self.makePipe()
        defer { close(pipe.read) }
        let pid: pid_t
        do {
            pid = try spawn(
                guardian, ["guard"] + command, environment: environment, input: pipe.read, output: output)
        } catch {
            close(pipe.write)
            throw error
        }
        lifeline = Guarded(pipe.write)
        // Waiting for a process blocks a thread; this is one for nothing else.
        DispatchQueue(label: "wait for \(name)").async { [self] in
            let status = waitForExit(pid)
            let waiting = state.withLock { state in
                defer { state = .exited(status) }
                if case .running(let waiting) = state { return waiting }
                return []
            }
            for continuation in waiting { continuation.resume(returning: status) }
        }
    }

    /// What it ended with, or `nil` while it runs.
    var exitStatus: Int32? {
        state.withLock { state in
            if case .exited(let status) = state { status } else { nil }
        }
    }

    /// Waits until it has ended.
    ///
    /// - Returns: Its status; 128 and the signal where one ended it.
    @discardableResult
    func exited() async -> Int32 {
        await withCheckedContinuation { continuation in
            let status: Int32? = state.withLock { state in
                switch state {
                case .exited(let status): return status
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return nil
                }
            }
            if let status { continuation.resume(returning: status) }
        }
    }

    /// Asks it to end, and waits until it has. May be called again.
    func stop() async {
        let descriptor = lifeline.withLock { lifeline in
            defer { lifeline = nil }
            return lifeline
        }
        if let descriptor { close(descriptor) }
        await exited()
    }

    /// The last lines that it wrote.
    func lastLines(_ count: Int = 15) -> String {
        let file = open(log, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        let size = lseek(file, 0, SEEK_END)
        lseek(file, max(0, size - 8192), SEEK_SET)
        var buffer = [UInt8](repeating: 0, count: 8192)
        let length = max(0, read(file, &buffer, buffer.count))
        return String(decoding: buffer[..<length], as: UTF8.self)
            .split(separator: "\n").suffix(count).map { "    \($0)" }.joined(separator: "\n")
    }

    private static func makePipe() throws(SpawnError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw SpawnError(description: "no pipe can be made: \(String(cString: strerror(errno)))")
        }
        // Another child that inherited the writing end would keep this one's guard from seeing it close.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
