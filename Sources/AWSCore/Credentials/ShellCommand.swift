internal import Dispatch

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Why a command gave nothing. Says nothing of what it printed, which may be secret.
struct CommandError: Error, Hashable {
    /// What happened.
    let reason: String
}

/// Runs a command with `/bin/sh`, within bounds of time and output.
enum ShellCommand {
    /// Far more than credentials need.
    static let maxOutput = ByteCount.kibibytes(64)
    /// As long as AWS's SDK for Go gives one.
    static let timeLimit = Duration.seconds(60)

    /// Runs a command to its end, with nothing on standard input and standard error thrown away: what goes there may be
    /// secret, and would end in logs.
    ///
    /// - Parameters:
    ///   - command: What the shell runs.
    ///   - variables: The environment variables.
    ///   - timeLimit: After which the command and all that it started are killed.
    /// - Returns: What it wrote to standard output.
    /// - Throws: ``CommandError`` if it does not start, ends with another status than 0, prints too much or takes too
    ///   long.
    static func run(
        _ command: String, variables: [String: String], timeLimit: Duration = timeLimit
    ) async throws(CommandError) -> [UInt8] {
        // A thread of its own for the time: waiting for a child and its output blocks.
        let result = await withUnsafeContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(CommandError) in
                        try Child(command, variables: variables).output(within: timeLimit)
                    })
            }
        }
        return try result.get()
    }
}

/// A running command, leader of its own process group.
private struct Child {
    private let process: pid_t
    private let reading: Int32

    init(_ command: String, variables: [String: String]) throws(CommandError) {
        var ends: [Int32] = [-1, -1]
        guard Self.makePipe(&ends) == 0 else { throw Self.failure("no pipe", errno) }
        let (reading, writing) = (ends[0], ends[1])
        defer { close(writing) }

        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, writing, STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
        // Signals as a shell expects them: none blocked, SIGPIPE, which servers ignore, as it was.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGPIPE, SIGINT, SIGTERM] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var process = pid_t()
        let arguments = ["/bin/sh", "-c", command]
        let status = Self.withCStrings(arguments) { arguments in
            Self.withCStrings(variables.map { "\($0.key)=\($0.value)" }) { variables in
                posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, variables)
            }
        }
        guard status == 0 else {
            close(reading)
            throw Self.failure("/bin/sh does not start", status)
        }
        self.process = process
        self.reading = reading
    }

    func output(within limit: Duration) throws(CommandError) -> [UInt8] {
        defer { close(reading) }
        let deadline = ContinuousClock.now + limit
        var output: [UInt8] = []
        let status: Int32
        do throws(CommandError) {
            try read(into: &output, until: deadline)
            status = try ended(by: deadline)
        } catch {
            kill(-process, SIGKILL)
            _ = wait()
            throw error
        }
        // Macros of sys/wait.h, which do not import: the low seven bits are the signal, the next eight the status.
        if status & 0x7F != 0 { throw CommandError(reason: "ended by signal \(status & 0x7F)") }
        if status >> 8 & 0xFF != 0 { throw CommandError(reason: "ended with status \(status >> 8 & 0xFF)") }
        return output
    }

    /// Reads to the end of the output; one that outlives the limit or runs over is an error.
    private func read(into output: inout [UInt8], until deadline: ContinuousClock.Instant) throws(CommandError) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let rest = deadline - .now
            guard rest > .zero else { throw Self.late }
            var descriptor = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
            let milliseconds = rest.components.seconds * 1000 + rest.components.attoseconds / 1_000_000_000_000_000
            let ready = poll(&descriptor, 1, Int32(clamping: milliseconds + 1))
            if ready < 0, errno != EINTR { throw Self.failure("cannot wait for its output", errno) }
            if ready <= 0 { continue }
            let count = buffer.withUnsafeMutableBytes { Self.read(reading, $0) }
            if count == 0 { return }
            if count < 0 {
                if errno == EINTR { continue }
                throw Self.failure("cannot read its output", errno)
            }
            output += buffer[..<count]
            guard output.count <= ShellCommand.maxOutput.bytes else {
                throw CommandError(reason: "printed over \(ShellCommand.maxOutput.bytes) bytes and was ended")
            }
        }
    }

    /// The status of a command that has closed its output, and so is about to end; one that lives on past the limit is
    /// an error.
    private func ended(by deadline: ContinuousClock.Instant) throws(CommandError) -> Int32 {
        // To wait for a child knows no limit: hence looks, at growing distances.
        var pause: useconds_t = 500
        while true {
            if let status = wait(WNOHANG) { return status }
            guard .now < deadline else { throw Self.late }
            usleep(pause)
            pause = min(2 * pause, 50_000)
        }
    }

    /// - Returns: The status; `nil` while the command runs on.
    private func wait(_ options: Int32 = 0) -> Int32? {
        var status: Int32 = 0
        while true {
            let ended = waitpid(process, &status, options)
            if ended == 0 { return nil }
            if ended > 0 || errno != EINTR { return status }
        }
    }

    private static let late = CommandError(reason: "took too long and was ended")

    private static func failure(_ what: String, _ code: Int32) -> CommandError {
        CommandError(reason: "\(what): \(String(cString: strerror(code)))")
    }

    private static func makePipe(_ ends: inout [Int32]) -> Int32 {
        guard pipe(&ends) == 0 else { return -1 }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return 0
    }

    private static func read(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #else
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let pointers = strings.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
