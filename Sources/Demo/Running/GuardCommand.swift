import ArgumentParser
import Dispatch
import Operations

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// `demo guard`: runs a command for as long as standard input stays open, then ends it with SIGTERM.
///
/// The demo holds the other end of that pipe. However it ends, by Ctrl-C, by `kill -9` or by a crash, the operating
/// system closes the pipe, and what the demo started ends too.
struct GuardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard", abstract: "Runs a command until standard input closes.", shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String]

    func run() throws {
        guard let executable = command.first else { throw ValidationError("there is no command") }
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
        let pid = try spawn(
            executable, Array(command.dropFirst()), environment: ProcessEnvironment.all())
        DispatchQueue(label: "input").async {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { break }
            }
            kill(pid, SIGTERM)
            sleep(Self.patience)
            kill(pid, SIGKILL)
        }
        // Nothing else happens in this process: its main thread may wait.
        throw ExitCode(waitForExit(pid))
    }

    /// Seconds that a command has to end; longer than the servers' own limit for draining.
    private static let patience: UInt32 = 40
}
