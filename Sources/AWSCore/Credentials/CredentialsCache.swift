internal import Locking
internal import Logging

/// Keeps a source's credentials, and renews them ahead of their end, once for all callers.
///
/// 15 minutes before the end the first caller has them renewed in the background; from 10 minutes on, callers wait for
/// it. While renewal fails or keeps callers waiting too long, credentials that still hold serve on, those of EC2 past
/// their end.
final class CredentialsCache: CredentialsProvider {
    private let source: any CredentialsSource
    private let surroundings: Surroundings
    private let state = Guarded(State())
    private let logger = Logger(label: "map-beacons.credentials")

    /// - Parameters:
    ///   - source: Where credentials come from.
    ///   - surroundings: The clock and chance.
    init(_ source: any CredentialsSource, surroundings: Surroundings) {
        self.source = source
        self.surroundings = surroundings
    }

    /// Credentials at hand that need no renewal yet; `nil`: ask for them.
    var held: Credentials? {
        let now = surroundings.now()
        return state.withLock { $0.fresh(at: now) }
    }

    /// Credentials at hand that hold, though a renewal may be due; `nil` where there are none.
    var usable: Credentials? {
        let now = surroundings.now()
        return state.withLock { $0.usable(at: now) }
    }

    /// What serves a caller who has waited too long for a renewal: credentials that still hold. Until that renewal ends
    /// they serve all others too, without a wait.
    ///
    /// - Returns: `nil` where there are none.
    func serveInsteadOfRenewal() -> Credentials? {
        let now = surroundings.now()
        return state.withLock { $0.serveInsteadOfRenewal(at: now) }
    }

    func credentials() async throws -> Credentials {
        let now = surroundings.now()
        switch state.withLock({ $0.decide(at: now) }) {
        case .serve(let credentials): return credentials
        case .fail(let error): throw error
        case .renew(serving: let credentials?):
            renew()
            return credentials
        case .renew(serving: nil):
            renew()
            return try await renewed()
        case .wait: return try await renewed()
        }
    }

    /// Asks the source, in a task of its own: a caller that is cancelled does not take the others' answer along.
    private func renew() {
        Task.detached { [self] in
            let result: Result<Credentials, CredentialsError>
            do throws(CredentialsError) {
                result = .success(try await source.load())
            } catch {
                result = .failure(error)
            }
            finish(result)
        }
    }

    private func finish(_ result: Result<Credentials, CredentialsError>) {
        let now = surroundings.now()
        let random = surroundings.random()
        let (outcome, waiters) = state.withLock { $0.finish(result, at: now, random: random) }
        if case .failure(let error) = result, case .success(let held) = outcome {
            logger.warning(
                "credentials could not be renewed; those at hand serve on",
                metadata: ["credentials": "\(held)", "reason": "\(error)"])
        }
        for waiter in waiters { waiter.resume(with: outcome.mapError { $0 }) }
    }

    /// Waits for the renewal under way.
    private func renewed() async throws -> Credentials {
        let id = state.withLock { $0.newWaiter() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // A renewal may have ended meanwhile; the state tells what came of it.
                let outcome = state.withLock { $0.add(continuation, id: id, at: surroundings.now()) }
                if let outcome { continuation.resume(with: outcome.mapError { $0 }) }
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: UInt64) {
        state.withLock { $0.removeWaiter(id) }?.resume(throwing: CancellationError())
    }
}

extension CredentialsCache {
    /// From here on one caller has them renewed in the background.
    static let advisory = Duration.seconds(15 * 60)
    /// From here on callers wait for the renewal.
    static let mandatory = Duration.seconds(10 * 60)

    private typealias Waiter = CheckedContinuation<Credentials, any Error>

    /// What a caller does.
    private enum Decision {
        case serve(Credentials)
        case fail(CredentialsError)
        /// Renew, and serve these meanwhile; wait where there are none.
        case renew(serving: Credentials?)
        case wait
    }

    private struct State {
        private var held: Credentials?
        private var isRenewing = false
        /// No renewal before: after a failure, or where the source gives credentials about to end.
        private var nextRenewal: Timestamp?
        private var lastError: CredentialsError?
        /// Whether callers need not wait for the renewal under way: another failed before it, or it takes too long.
        private var isRenewalUnsure = false
        private var waiters: [UInt64: Waiter] = [:]
        private var lastWaiter: UInt64 = 0

        /// What is held, while its end is so far that nothing is to be done.
        func fresh(at now: Timestamp) -> Credentials? {
            remaining(at: now) > CredentialsCache.advisory ? held : nil
        }

        private func remaining(at now: Timestamp) -> Duration {
            held.map { $0.expiration.map { $0 - now } ?? CredentialsCache.advisory * 2 } ?? .zero
        }

        mutating func decide(at now: Timestamp) -> Decision {
            if let fresh = fresh(at: now) { return .serve(fresh) }
            // Near their end new ones are worth a wait, if they are likely to come.
            let isPatient = remaining(at: now) <= CredentialsCache.mandatory && !isRenewalUnsure
            let servable = usable(at: now)
            if isRenewalDue(at: now) {
                isRenewing = true
                return .renew(serving: isPatient ? nil : servable)
            }
            if isRenewing, isPatient || servable == nil { return .wait }
            if let servable { return .serve(servable) }
            return .fail(lastError ?? CredentialsCache.ended)
        }

        mutating func serveInsteadOfRenewal(at now: Timestamp) -> Credentials? {
            guard let usable = usable(at: now) else { return nil }
            if isRenewing { isRenewalUnsure = true }
            return usable
        }

        mutating func finish(
            _ result: Result<Credentials, CredentialsError>, at now: Timestamp, random: Double
        ) -> (Result<Credentials, CredentialsError>, [Waiter]) {
            isRenewing = false
            switch result {
            case .success(let new):
                held = new
                lastError = nil
                nextRenewal = nil
                isRenewalUnsure = false
                if let end = new.expiration, end - now <= CredentialsCache.advisory {
                    nextRenewal = now + max(.seconds(1), min(.seconds(60), (end - now) / 2))
                }
                if usable(at: now) == nil { lastError = CredentialsCache.ended }
            case .failure(let error):
                lastError = error
                isRenewalUnsure = true
            }
            let usable = usable(at: now)
            if lastError != nil || usable?.expiration.map({ $0 <= now }) == true {
                nextRenewal = now + pause(at: now, random: random)
            }
            let outcome = usable.map { Result<Credentials, CredentialsError>.success($0) }
            let woken = Array(waiters.values)
            waiters = [:]
            return (outcome ?? .failure(lastError ?? CredentialsCache.ended), woken)
        }

        /// - Returns: What to answer at once; `nil` if the waiter is kept until the renewal ends.
        mutating func add(
            _ waiter: Waiter, id: UInt64, at now: Timestamp
        ) -> Result<Credentials, CredentialsError>? {
            if isRenewing {
                waiters[id] = waiter
                return nil
            }
            if let usable = usable(at: now) { return .success(usable) }
            return .failure(lastError ?? CredentialsCache.ended)
        }

        mutating func newWaiter() -> UInt64 {
            lastWaiter += 1
            return lastWaiter
        }

        mutating func removeWaiter(_ id: UInt64) -> Waiter? {
            waiters.removeValue(forKey: id)
        }

        func usable(at now: Timestamp) -> Credentials? {
            guard let held else { return nil }
            return held.outlivesExpiration || held.expiration.map { $0 > now } ?? true ? held : nil
        }

        private func isRenewalDue(at now: Timestamp) -> Bool {
            guard !isRenewing else { return false }
            // A pause of over 15 minutes is none of ours: the clock was set back.
            return nextRenewal.map { $0 <= now || $0 > now + CredentialsCache.advisory } ?? true
        }

        /// Longer the better what is at hand: credentials past their end that EC2 honours are good for hours, as the
        /// SDKs hold it (5 to 10 minutes); with none at hand, callers are waiting.
        private func pause(at now: Timestamp, random: Double) -> Duration {
            guard let usable = usable(at: now) else { return .seconds(1) }
            let isPastEnd = usable.expiration.map { $0 <= now } ?? false
            return isPastEnd ? .seconds(300) + .seconds(300) * random : .seconds(30)
        }
    }

    private static let ended = CredentialsError(
        .unavailable, source: "chain", "the source gave credentials that have ended",
        advice: "check the machine's clock, and the source")
}
