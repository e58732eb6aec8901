internal import Locking
internal import CCurl
internal import Synchronization

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// What libcurl's header makes of `CURL *` and `CURLM *`.
typealias OpaqueCurl = UnsafeMutableRawPointer

/// The thread that drives libcurl's multi handle.
///
/// Callers put transfers into the inbox and wake the thread; all else of libcurl is touched by the thread alone.
// @unchecked Sendable: the inbox is guarded by `lock`; all else belongs to the thread, but for `sockets.wake()`.
final class CurlLoop: @unchecked Sendable {
    private struct Inbox {
        var submissions: [CurlSubmission] = []
        var hasCancellations = false
        var isStopped = false
        /// Whether the thread is, or is about to be, asleep in poll, so that a wake-up is worth its system call.
        var isPolling = false
    }

    private let options: CurlTransport.Options
    private let multi: OpaqueCurl
    private let sockets: SocketWatch
    private let lock = Guarded(Inbox())
    private var running: [OpaqueCurl: (handle: CurlHandle, submission: CurlSubmission)] = [:]
    private var waiting = WaitingTransfers()
    private var idle: [CurlHandle] = []
    /// Handles at work and kept for reuse.
    private let handleCount = Atomic(0)

    /// How many of libcurl's handles there are, at work or kept for reuse.
    var handles: Int { handleCount.load(ordering: .relaxed) }

    init(options: CurlTransport.Options) throws(TransportError) {
        guard CurlGlobal.isReady, let multi = curl_multi_init() else {
            throw TransportError(.invalid, "libcurl did not start")
        }
        do throws(TransportError) {
            let sockets = try SocketWatch()
            try sockets.attach(to: multi)
            self.sockets = sockets
        } catch {
            curl_multi_cleanup(multi)
            throw error
        }
        self.options = options
        self.multi = multi
        _ = map_beacons_curl_multi_set_long(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, options.maxConnections)
        _ = map_beacons_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, options.maxConnections)
    }

    deinit {
        // The thread is gone by now (it retains the loop), and with it every transfer.
        idle.removeAll()
        curl_multi_cleanup(multi)
    }

    func start() {
        PlatformThread.start { self.run() }
    }

    /// Ends the thread; what is in flight ends as cancelled.
    func stop() {
        wake { $0.isStopped = true }
    }

    func submit(_ transfer: CurlTransfer, _ continuation: UnsafeContinuation<CurlTransfer.Outcome, Never>) {
        wake { $0.submissions.append(CurlSubmission(transfer: transfer, continuation: continuation)) }
    }

    func cancel(_ transfer: CurlTransfer) {
        transfer.markCancelled()
        wake { $0.hasCancellations = true }
    }

    private func wake(_ change: (inout Inbox) -> Void) {
        let isAsleep = lock.withLock { inbox in
            change(&inbox)
            defer { inbox.isPolling = false }
            return inbox.isPolling
        }
        if isAsleep { sockets.wake() }
    }

    private func run() {
        while true {
            let inbox = lock.withLock { inbox in
                let taken = inbox
                inbox.submissions = []
                inbox.hasCancellations = false
                return taken
            }
            if inbox.isStopped {
                abandon(inbox.submissions)
                return
            }
            if inbox.hasCancellations { endCancelled() }
            serveWaiting()
            for submission in inbox.submissions { accept(submission) }
            sockets.drive(multi)
            let isIdle = !collect()
            let sleeps = lock.withLock { inbox in
                inbox.isPolling = isIdle && inbox.submissions.isEmpty && !inbox.hasCancellations && !inbox.isStopped
                return inbox.isPolling
            }
            // Whoever has an answer may ask again at once: first a look at the inbox.
            if isIdle { sockets.wait(atMost: sleeps ? pollMilliseconds() : 0) }
            if sleeps { lock.withLock { $0.isPolling = false } }
        }
    }

    /// Of those that wait for a connection libcurl knows nothing.
    private func pollMilliseconds() -> Int32 {
        guard !waiting.isEmpty, let left = waiting.untilDeadline(now: .now) else { return Self.maxPollMilliseconds }
        return Int32(min(Int(Self.maxPollMilliseconds), max(1, left.wholeMilliseconds)))
    }

    /// How long an idle thread sleeps.
    private static let maxPollMilliseconds: Int32 = 60_000
    /// Handles kept for reuse: their buffers are worth more than a handle for each request.
    private static let keptHandles = 64

    /// Begins a transfer, or lets it wait for a connection: each has one, as HTTP/1.1 has it.
    private func accept(_ submission: CurlSubmission) {
        if waiting.isEmpty, running.count < options.maxConnections {
            begin(submission, timeout: submission.transfer.request.timeout)
        } else {
            waiting.append(submission, now: .now)
        }
    }

    /// Begins those for whom there is a connection now, and ends those that waited too long.
    private func serveWaiting() {
        guard !waiting.isEmpty else { return }
        let now = ContinuousClock.now
        let (cancelled, late) = waiting.removeEnded(now: now)
        for submission in cancelled { submission.continuation.resume(returning: .failure(Self.cancelled)) }
        for submission in late { submission.continuation.resume(returning: .failure(noConnection)) }
        while running.count < options.maxConnections, let next = waiting.popFirst(now: now) {
            begin(next.submission, timeout: next.left)
        }
    }

    private var noConnection: TransportError {
        TransportError(.connect, "none of \(options.maxConnections) connections became free in time")
    }

    private func begin(_ submission: CurlSubmission, timeout: Duration) {
        guard !submission.transfer.isCancelled else {
            submission.continuation.resume(returning: .failure(Self.cancelled))
            return
        }
        do throws(TransportError) {
            let handle = if let pooled = idle.popLast() { pooled } else { try CurlHandle(options: options) }
            try handle.prepare(submission.transfer.request, timeout: timeout)
            guard curl_multi_add_handle(multi, handle.easy) == CURLM_OK else {
                throw TransportError(.invalid, "libcurl did not take the request")
            }
            running[handle.easy] = (handle, submission)
            countHandles()
        } catch {
            submission.continuation.resume(returning: .failure(error))
        }
    }

    /// Ends the transfers that libcurl has done.
    ///
    /// - Returns: Whether there was one.
    private func collect() -> Bool {
        var isAny = false
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard let easy = map_beacons_curl_done_handle(message) else { continue }
            isAny = true
            let code = map_beacons_curl_done_result(message)
            end(easy) { $0.finish(code) }
        }
        return isAny
    }

    private func endCancelled() {
        for (easy, entry) in running where entry.submission.transfer.isCancelled {
            endCancelled(easy)
        }
    }

    private func endCancelled(_ easy: OpaqueCurl) {
        end(easy) { handle in
            handle.abandon()
            return .failure(Self.cancelled)
        }
    }

    private func end(_ easy: OpaqueCurl, _ outcome: (CurlHandle) -> CurlTransfer.Outcome) {
        curl_multi_remove_handle(multi, easy)
        guard let (handle, submission) = running.removeValue(forKey: easy) else { return }
        let result = outcome(handle)
        if idle.count < Self.keptHandles { idle.append(handle) }
        countHandles()
        submission.continuation.resume(returning: result)
    }

    private func abandon(_ submissions: [CurlSubmission]) {
        for easy in running.keys { endCancelled(easy) }
        for submission in submissions + waiting.removeAll() {
            submission.continuation.resume(returning: .failure(Self.cancelled))
        }
    }

    private func countHandles() {
        handleCount.store(running.count + idle.count, ordering: .relaxed)
    }

    private static let cancelled = TransportError(.cancelled, "the request was given up")
}
