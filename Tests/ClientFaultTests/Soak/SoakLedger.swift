import Locking
@testable import AWSCore

/// What the client reported in a soak.
final class SoakLedger: Sendable {
    struct Entries: Sendable {
        /// Messages that it reports as sent.
        var sent = NumberSet()
        /// Messages that it handed over.
        var received = NumberSet()
        /// Items that it reports as written.
        var written = NumberSet()
        /// Calls by how they ended: `ok`, or the error's code.
        var calls: [String: Int] = [:]
        /// The longest that a call took.
        var longestCall = Duration.zero
        var nextMessage = 0
        var nextItem = 0
    }

    private let entries = Guarded(Entries())

    var snapshot: Entries { entries.withLock { $0 } }

    func update<Result: Sendable>(_ change: (inout Entries) -> Result) -> Result {
        entries.withLock { change(&$0) }
    }

    /// Makes a call, and notes how it ended and how long it took.
    ///
    /// - Returns: What it gave; `nil` if it failed.
    func note<Output: Sendable>(_ call: () async throws(AWSError) -> Output) async -> Output? {
        let start = ContinuousClock.now
        let result: Result<Output, AWSError>
        do throws(AWSError) {
            result = .success(try await call())
        } catch {
            result = .failure(error)
        }
        let taken = start.duration(to: .now)
        entries.withLock { entries in
            entries.longestCall = max(entries.longestCall, taken)
            switch result {
            case .success: entries.calls["ok", default: 0] += 1
            case .failure(let error): entries.calls[error.code.rawValue, default: 0] += 1
            }
        }
        return try? result.get()
    }
}
