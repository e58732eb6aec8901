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

    /// Begins to watch. Until this returns signals have the effect that they had before.
    ///
    /// - Parameter handle: Takes each signal as it comes.
    /// - Returns: What watches, as long as it is kept.
    public static func watch(_ handle: @escaping @Sendable (ProcessSignal) -> Void) async -> ProcessSignals {
        let (registrations, registered) = AsyncStream<Void>.makeStream()
        let signals = ProcessSignals(handle) { registered.yield() }
        var iterator = registrations.makeAsyncIterator()
        for _ in signals.sources { await iterator.next() }
        return signals
    }

    private init(_ handle: @escaping @Sendable (ProcessSignal) -> Void, registered: @escaping @Sendable () -> Void) {
        let queue = DispatchQueue(label: "signals")
        sources = ProcessSignal.allCases.map { kind in
            let source = DispatchSource.makeSignalSource(signal: kind.number, queue: queue)
            source.setEventHandler { handle(kind) }
            source.setRegistrationHandler {
                #if canImport(Darwin)
                    // kqueue sees ignored signals too; one that is not ignored would also end the process. On Linux the
                    // source has a handler of its own in place, which this would replace.
                    signal(kind.number, SIG_IGN)
                #endif
                registered()
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }
}
