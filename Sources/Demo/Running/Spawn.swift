#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A process cannot be started.
struct SpawnError: Error, CustomStringConvertible {
    let description: String
}

/// Starts a process in a process group of its own (so that Ctrl-C on the terminal is the demo's alone to act on), with
/// every signal as by default: what this process ignores or blocks does not concern it.
///
/// - Parameters:
///   - executable: The file to run.
///   - arguments: Its arguments, without its own name.
///   - environment: Its environment, whole.
///   - input: Its standard input; `/dev/null` if `nil`.
///   - output: Its standard output and error; this process's own if `nil`.
/// - Returns: The process's id; the caller waits for it.
/// - Throws: `SpawnError`, with the operating system's reason.
func spawn(
    _ executable: String, _ arguments: [String], environment: [String: String], input: Int32? = nil,
    output: Int32? = nil
) throws(SpawnError) -> pid_t {
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
    if let input {
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    } else {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    }
    if let output {
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO)
    }
    var defaults = sigset_t()
    sigfillset(&defaults)
    var blocked = sigset_t()
    sigemptyset(&blocked)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setsigmask(&attributes, &blocked)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    var pid = pid_t()
    let status = withCStrings([executable] + arguments) { arguments in
        withCStrings(environment.map { "\($0.key)=\($0.value)" }.sorted()) { environment in
            posix_spawn(&pid, executable, &actions, &attributes, arguments, environment)
        }
    }
    guard status == 0 else {
        throw SpawnError(description: "\(executable) cannot be started: \(String(cString: strerror(status)))")
    }
    return pid
}

/// What a process ended with, as a shell says it: its status, or 128 and the signal that ended it.
func waitForExit(_ pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 {
        guard errno == EINTR else { return -1 }
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
}

private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return (copies + [nil]).withUnsafeBufferPointer { pointers in
        guard let first = pointers.baseAddress else { preconditionFailure("an array with a last nil has an address") }
        return body(first)
    }
}
