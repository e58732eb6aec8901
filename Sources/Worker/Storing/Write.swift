import AWSCore
import Beacons
import Channels
import Locking

/// The items of one message, or a slice of them, on their way into the table. Its worker waits until the last of them is
/// settled.
final class Write: Sendable {
    /// How a write ended.
    enum Outcome: Sendable {
        /// Every item is written.
        case written
        /// Every item is written but these, which the table refuses for what they are: position and answer.
        case refused([(position: Int, error: AWSError)])
        /// Given up; some items may be written.
        case abandoned
    }

    private struct State {
        var unsettled: Int
        var refused: [(position: Int, error: AWSError)] = []
        var isAbandoned = false
        var continuation: CheckedContinuation<Outcome, Never>?
    }

    let items: [Item]
    private let state: Guarded<State>

    init(_ items: [Item]) {
        self.items = items
        state = Guarded(State(unsettled: items.count))
    }

    /// The table has confirmed that many items.
    func confirm(_ count: Int) {
        settle(count) { _ in }
    }

    /// The table refuses an item for what it is.
    func refuse(_ position: Int, because error: AWSError) {
        settle { $0.refused.append((position, error)) }
    }

    /// An item will not be written now.
    func abandon() {
        settle { $0.isAbandoned = true }
    }

    /// Waits until every item is settled.
    func outcome() async -> Outcome {
        await withCheckedContinuation { continuation in
            let outcome = state.withLock { state -> Outcome? in
                if state.unsettled == 0 { return Self.outcome(state) }
                state.continuation = continuation
                return nil
            }
            if let outcome { continuation.resume(returning: outcome) }
        }
    }

    private func settle(_ count: Int = 1, _ change: (inout State) -> Void) {
        let waiting = state.withLock { state -> (CheckedContinuation<Outcome, Never>, Outcome)? in
            change(&state)
            state.unsettled -= count
            guard state.unsettled == 0, let continuation = state.continuation else { return nil }
            state.continuation = nil
            return (continuation, Self.outcome(state))
        }
        if let (continuation, outcome) = waiting { continuation.resume(returning: outcome) }
    }

    private static func outcome(_ state: State) -> Outcome {
        if state.isAbandoned { return .abandoned }
        return state.refused.isEmpty ? .written : .refused(state.refused)
    }
}
