import Locking
public import ArgumentParser
public import Logging
import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The option of draining, the same in every executable that serves.
public struct DrainOptions: ParsableArguments {
    /// How long a drain may take.
    @Option(
        "drain", env: "DRAIN", default: "25s",
        help: "How long finishing may take after SIGTERM or SIGINT; then it ends at once with status 1.")
    public var limit: Duration

    /// Options for a command line to fill.
    public init() {}
}

/// Ends a process in order: the first SIGTERM or SIGINT asks for it, a second one or the time limit forces it.
///
/// ```swift
/// let drain = Drain(limit: options.limit, readiness: readiness, logger: logger)
/// let signals = await ProcessSignals.watch(drain.take)
/// await drain.requested()
/// // take no new work, finish what was taken
/// drain.finished()
/// ```
public final class Drain: Sendable {
    private enum Phase {
        case running([Int: CheckedContinuation<Void, Never>])
        case draining(limit: Task<Void, Never>?)
        case finished
    }

    private let phase = Guarded(Phase.running([:]))
    private let reloads = Guarded<[@Sendable () -> Void]>([])
    private let waiters = Atomic<Int>(0)
    private let limit: Duration
    private let clock: any Clock<Duration>
    private let readiness: Readiness
    private let logger: Logger
    private let exit: @Sendable (Int32) -> Void

    /// - Parameters:
    ///   - limit: How long the drain may take.
    ///   - readiness: Turned off, for the condition `drain`, as the drain begins.
    ///   - logger: Hears of signals.
    ///   - clock: Measures the limit.
    ///   - exit: Ends the process at once with a status; by default at once, without the exit handlers.
    public init(
        limit: Duration, readiness: Readiness, logger: Logger, clock: any Clock<Duration> = ContinuousClock(),
        exit: @escaping @Sendable (Int32) -> Void = Drain.exitAtOnce
    ) {
        self.limit = limit
        self.readiness = readiness
        self.logger = logger
        self.clock = clock
        self.exit = exit
    }

    /// Ends the process with a status, without the exit handlers: they may wait for threads that are stuck.
    public static let exitAtOnce: @Sendable (Int32) -> Void = { _exit($0) }

    /// Whether a drain has begun.
    public var isRequested: Bool {
        phase.withLock { phase in
            if case .running = phase { false } else { true }
        }
    }

    /// Waits until a drain is asked for, or the task is cancelled.
    public func requested() async {
        let waiter = waiters.add(1, ordering: .relaxed).newValue
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = phase.withLock { phase in
                    guard case .running(var waiting) = phase, !Task.isCancelled else { return false }
                    waiting[waiter] = continuation
                    phase = .running(waiting)
                    return true
                }
                if !isWaiting { continuation.resume() }
            }
        } onCancel: {
            let continuation = phase.withLock { phase -> CheckedContinuation<Void, Never>? in
                guard case .running(var waiting) = phase else { return nil }
                let continuation = waiting.removeValue(forKey: waiter)
                phase = .running(waiting)
                return continuation
            }
            continuation?.resume()
        }
    }

    /// Adds something to do on SIGHUP.
    ///
    /// - Parameter action: What to do, on the signals' queue; must not block for long.
    public func onHangUp(_ action: @escaping @Sendable () -> Void) {
        reloads.withLock { $0.append(action) }
    }

    /// Acts on a signal.
    ///
    /// - Parameter signal: The signal.
    public func take(_ signal: ProcessSignal) {
        switch signal {
        case .hangUp:
            logger.info("reading files again", metadata: ["signal": "\(signal.name)"])
            for action in reloads.withLock({ $0 }) { action() }
        case .terminate, .interrupt:
            request(because: signal.name)
        }
    }

    /// Begins the drain, or forces the end where it has begun already.
    ///
    /// - Parameter reason: What asked for it, for the log.
    public func request(because reason: String) {
        let waiting = phase.withLock { phase -> [CheckedContinuation<Void, Never>]? in
            guard case .running(let waiting) = phase else { return nil }
            phase = .draining(limit: nil)
            return Array(waiting.values)
        }
        guard let waiting else {
            if !isFinished { force("ended at once, by a second signal; what is unfinished is left to another process") }
            return
        }
        readiness.fail("drain", because: "draining")
        logger.notice("draining", metadata: ["reason": "\(reason)", "limit": "\(limit)"])
        startLimit()
        for continuation in waiting { continuation.resume() }
    }

    /// Everything is finished: the limit no longer counts. May be called again.
    public func finished() {
        let limit = phase.withLock { phase -> Task<Void, Never>? in
            defer { phase = .finished }
            if case .draining(let limit) = phase { return limit }
            return nil
        }
        limit?.cancel()
    }

    private var isFinished: Bool {
        phase.withLock { phase in
            if case .finished = phase { true } else { false }
        }
    }

    private func startLimit() {
        let task = Task { [clock, limit] in
            try? await clock.sleep(for: limit)
            guard !Task.isCancelled, !isFinished else { return }
            force("ended at once: the drain took too long; what is unfinished is left to another process")
        }
        let isMoot = phase.withLock { phase in
            guard case .draining = phase else { return true }
            phase = .draining(limit: task)
            return false
        }
        if isMoot { task.cancel() }
    }

    private func force(_ message: Logger.Message) {
        logger.error(message)
        exit(1)
    }
}
