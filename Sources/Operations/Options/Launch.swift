public import ArgumentParser

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What an executable's `main` does: prepares the process, parses the command line, runs the command.
public enum Launch {
    /// Runs a command to its end. A bad option ends with one message and status 64, a thrown `ExitCode` with its
    /// status, any other error with its description and status 1.
    ///
    /// - Parameter command: The root command.
    public static func main(_ command: (some ParsableCommand).Type) async {
        ProcessLimits.prepare()
        do {
            var parsed = try Settings.parse(
                command, arguments: Array(CommandLine.arguments.dropFirst()), environment: ProcessEnvironment.all())
            if var asynchronous = parsed as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try parsed.run()
            }
        } catch {
            command.exit(withError: error)
        }
    }
}

/// What a server changes of the limits it is started with.
public enum ProcessLimits {
    /// Ignores SIGPIPE, so that a closed connection is an error and no end, and allows as many open files as the
    /// operating system lets this process have.
    public static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        raiseOpenFiles()
    }

    /// Raises the soft limit of open files to the hard one.
    ///
    /// - Returns: The soft limit that holds now, or `nil` where it cannot be read.
    @discardableResult
    public static func raiseOpenFiles() -> Int? {
        #if canImport(Darwin)
            let resource = RLIMIT_NOFILE
        #else
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #endif
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return nil }
        var wanted = limit
        wanted.rlim_cur = limit.rlim_max
        #if canImport(Darwin)
            wanted.rlim_cur = min(wanted.rlim_cur, rlim_t(OPEN_MAX))
        #endif
        if wanted.rlim_cur > limit.rlim_cur, setrlimit(resource, &wanted) == 0 { limit = wanted }
        return Int(clamping: limit.rlim_cur)
    }
}
