public import ArgumentParser
import CMalloc

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
    /// operating system lets this process have. Keeps the heap close to what is in use.
    public static func prepare() {
        map_beacons_keep_heap_small()
        signal(SIGPIPE, SIG_IGN)
        raiseOpenFiles()
    }

    /// Raises the soft limit of open files to the hard one.
    public static func raiseOpenFiles() {
        var limit = rlimit()
        guard getrlimit(openFilesResource, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        #if canImport(Darwin)
            limit.rlim_cur = min(limit.rlim_cur, rlim_t(OPEN_MAX))
        #endif
        setrlimit(openFilesResource, &limit)
    }

    /// How many files may be open now; `nil` where it cannot be read.
    public static func openFiles() -> Int? {
        var limit = rlimit()
        return getrlimit(openFilesResource, &limit) == 0 ? Int(clamping: limit.rlim_cur) : nil
    }

    #if canImport(Darwin)
        private static let openFilesResource = RLIMIT_NOFILE
    #else
        private static let openFilesResource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #endif
}
