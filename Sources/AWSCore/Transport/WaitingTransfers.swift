/// Transfers that wait until a connection is free, in order. Owned and used by the transport's thread alone.
///
/// libcurl has a queue of its own for them, but watches no deadline there.
struct WaitingTransfers {
    private var entries: [(submission: CurlSubmission, deadline: ContinuousClock.Instant)] = []

    var isEmpty: Bool { entries.isEmpty }

    mutating func append(_ submission: CurlSubmission, now: ContinuousClock.Instant) {
        entries.append((submission, now + submission.transfer.request.timeout))
    }

    /// Takes the one that has waited longest.
    ///
    /// - Returns: It, and what is left of its time.
    mutating func popFirst(now: ContinuousClock.Instant) -> (submission: CurlSubmission, left: Duration)? {
        guard !entries.isEmpty else { return nil }
        let entry = entries.removeFirst()
        return (entry.submission, now.duration(to: entry.deadline))
    }

    /// Takes those that nobody waits for any more, and those whose time has run out.
    mutating func removeEnded(now: ContinuousClock.Instant) -> (cancelled: [CurlSubmission], late: [CurlSubmission]) {
        guard entries.contains(where: { $0.submission.transfer.isCancelled || $0.deadline <= now }) else {
            return ([], [])
        }
        let ended = entries.filter { $0.submission.transfer.isCancelled || $0.deadline <= now }.map(\.submission)
        entries.removeAll { $0.submission.transfer.isCancelled || $0.deadline <= now }
        return (ended.filter(\.transfer.isCancelled), ended.filter { !$0.transfer.isCancelled })
    }

    mutating func removeAll() -> [CurlSubmission] {
        defer { entries = [] }
        return entries.map(\.submission)
    }

    /// How long until the next one's time runs out.
    func untilDeadline(now: ContinuousClock.Instant) -> Duration? {
        entries.map(\.deadline).min().map { now.duration(to: $0) }
    }
}

/// A transfer and who waits for it.
struct CurlSubmission {
    let transfer: CurlTransfer
    let continuation: UnsafeContinuation<CurlTransfer.Outcome, Never>
}
