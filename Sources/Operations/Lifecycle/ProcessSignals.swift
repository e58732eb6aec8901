import Dispatch

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A signal that a server acts on.
public enum ProcessSignal: Sendable, CaseIterable {
    /// SIGTERM: the operator, or the container's runtime, wants it to end.
    case terminate
    /// SIGINT: Ctrl-C.
    case interrupt
    /// SIGHUP: files that are read at the start are to be read again.
    case hangUp

    /// The operating system's number.
    public var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        }
    }

    /// The name, as `kill -l` knows it with `SIG` before.
    public var name: String {
        switch self {
        case .terminate: "SIGTERM"
        case .interrupt: "SIGINT"
        case .hangUp: "SIGHUP"
        }
    }
}

/// Hands the process's signals to a closure, on a queue of its own, for as long as it lives.
public final class ProcessSignals: @unchecked Sendable {  // The sources are set in `init` and never changed.
    private let sources: [any DispatchSourceSignal]

    /// - Parameter handle: Takes each signal as it comes.
    public init(_ handle: @escaping @Sendable (ProcessSignal) -> Void) {
        let queue = DispatchQueue(label: "signals")
        sources = ProcessSignal.allCases.map { kind in
            signal(kind.number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: kind.number, queue: queue)
            source.setEventHandler { handle(kind) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}
