import AWSCore
import Locking
import Logging
import Operations

/// Shows in readiness, under `sending`, whether the queue takes what is sent, as the sends themselves tell: a queue that
/// is there may take nothing all the same.
///
/// Only an accepted send proves that it does. But a catcher that is not ready may get nothing to send: so after a pause
/// in which nothing was sent it counts as ready until the next send, and the pause doubles.
final class SendWatch: Sendable {
    private struct State {
        var failures = 0
        var isFailing = false
        /// Whether a send has failed since the pause began.
        var hasFailed = false
        var pause: Duration
        /// What was said last.
        var said: AWSError.Category?
        /// Counts the times that it began to fail, so that a pause knows whether it is still meant.
        var round = 0
    }

    private let readiness: Readiness
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let pauses: ClosedRange<Duration>
    private let patience: Int
    private let state: Guarded<State>

    /// - Parameters:
    ///   - readiness: Shows it.
    ///   - logger: Hears of each trouble once, and of its end.
    ///   - clock: Measures the pauses.
    ///   - pauses: The first pause and the longest.
    ///   - patience: How many sends in a row may fail in passing.
    init(
        readiness: Readiness, logger: Logger, clock: any Clock<Duration> = ContinuousClock(),
        pauses: ClosedRange<Duration> = .seconds(5)...(.seconds(60)), patience: Int = 3
    ) {
        self.readiness = readiness
        self.logger = logger
        self.clock = clock
        self.pauses = pauses
        self.patience = patience
        state = Guarded(State(pause: pauses.lowerBound))
    }

    /// The queue has taken something.
    func succeeded() {
        let hasSaid = state.withLock { state in
            if state.failures == 0 { return false }
            defer { state = State(pause: pauses.lowerBound, round: state.round + 1) }
            // Under the lock, as what follows on each other must show in that order.
            readiness.meet("sending")
            return state.said != nil
        }
        if hasSaid { logger.notice("the queue takes what is sent again") }
    }

    /// A send failed.
    ///
    /// - Parameters:
    ///   - category: What kind of trouble it is; said once.
    ///   - isCertain: Whether the next send will fail, too, unless someone acts.
    ///   - words: What to say.
    func failed(_ category: AWSError.Category, isCertain: Bool, _ words: () -> Persistence.Trouble) {
        let trouble = words()
        let (isNew, round) = state.withLock { state -> (Bool, Int?) in
            state.failures = isCertain ? max(patience, state.failures + 1) : state.failures + 1
            state.hasFailed = true
            guard state.failures >= patience else { return (false, nil) }
            let isNew = state.said != category
            state.said = category
            if isNew || !state.isFailing { readiness.fail("sending", because: trouble.reason) }
            if state.isFailing { return (isNew, nil) }
            state.isFailing = true
            state.hasFailed = false
            state.round += 1
            return (isNew, state.round)
        }
        if isNew {
            logger.warning(
                "the queue does not take what is sent; trying on",
                metadata: ["reason": "\(trouble.reason)", "advice": "\(trouble.advice)"])
        }
        if let round { Task { await wait(round) } }
    }

    /// Something else tells that the queue is back: the next send is to show it.
    func tryAgain() {
        state.withLock { $0.isFailing ? giveChance(&$0) : () }
    }

    private func wait(_ round: Int) async {
        while let pause = state.withLock({ $0.isFailing && $0.round == round ? $0.pause : nil }) {
            do { try await clock.sleep(for: pause) } catch { return }
            state.withLock { state in
                guard state.isFailing && state.round == round else { return }
                // With sends that fail, it is known to be as it was.
                if !state.hasFailed { giveChance(&state) }
                state.hasFailed = false
            }
        }
    }

    private func giveChance(_ state: inout State) {
        state.isFailing = false
        state.pause = min(state.pause * 2, pauses.upperBound)
        readiness.meet("sending")
    }
}
