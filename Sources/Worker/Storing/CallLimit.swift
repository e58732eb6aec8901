import Channels
import Locking

/// How many calls to the table may be in flight: one more for every round of successes, half as many after a call that
/// was throttled (additive increase, multiplicative decrease, as TCP finds its rate).
final class CallLimit: Sendable {
    private struct State {
        var limit: Double
        /// Permits that are out: held by a call, or in the channel.
        var issued: Int
    }

    private let most: Int
    private let permits: Channel<Void>
    private let state: Guarded<State>

    /// - Parameters:
    ///   - initial: The limit at the start.
    ///   - most: The highest limit.
    init(initial: Int, most: Int) {
        self.most = most
        permits = Channel(capacity: most)
        state = Guarded(State(limit: Double(initial), issued: initial))
        issue(initial)
    }

    /// How many calls may be in flight now.
    var current: Int { state.withLock { Int($0.limit) } }

    /// Waits for a permit.
    func acquire() async {
        _ = await permits.receive()
    }

    /// What a call came to.
    enum Outcome {
        case success, throttled
        /// It failed for another reason, which says nothing of the rate.
        case failure
    }

    /// Gives a permit back.
    func release(after outcome: Outcome) {
        let due = state.withLock { state in
            switch outcome {
            case .success: state.limit = min(Double(most), state.limit + 1 / state.limit)
            case .throttled: state.limit = max(1, state.limit / 2)
            case .failure: break
            }
            state.issued -= 1
            let due = max(0, Int(state.limit) - state.issued)
            state.issued += due
            return due
        }
        issue(due)
    }

    private func issue(_ count: Int) {
        for _ in 0..<count { _ = try? permits.trySend(()) }
    }
}
