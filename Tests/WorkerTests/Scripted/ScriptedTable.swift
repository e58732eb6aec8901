import Beacons
import Channels
import Locking

@testable import AWSCore
@testable import Worker

/// A table in memory that does as it is told.
final class ScriptedTable: ItemTable {
    struct State {
        var items: [String: [UInt8]] = [:]
        var calls: [[String]] = []
        var openCalls = 0
        var mostOpenCalls = 0
        var answers: [Answer] = []
        var poison: Set<String> = []
    }

    /// How one call is answered.
    enum Answer: Sendable {
        case error(AWSError)
        /// These positions are not written.
        case unprocessed([Int])
    }

    let state = Guarded(State())
    /// Each call takes one, if set: a call is held until the test lets it go.
    let gate: Channel<Void>?

    init(gate: Channel<Void>? = nil) {
        self.gate = gate
    }

    var calls: [[String]] { state.withLock { $0.calls } }
    var keys: Set<String> { state.withLock { Set($0.items.keys) } }

    /// What the next calls are answered with.
    func answer(_ answers: Answer...) {
        state.withLock { $0.answers += answers }
    }

    func answer(_ answer: Answer, times: Int) {
        state.withLock { $0.answers += Array(repeating: answer, count: times) }
    }

    /// Items that are refused, for what they are.
    func refuse(_ keys: String...) {
        state.withLock { $0.poison.formUnion(keys) }
    }

    func write(_ items: [EncodedItem]) async throws(AWSError) -> [Int] {
        let keys = items.map(Self.key)
        let answer = state.withLock { state in
            state.calls.append(keys)
            state.openCalls += 1
            state.mostOpenCalls = max(state.mostOpenCalls, state.openCalls)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        defer { state.withLock { $0.openCalls -= 1 } }
        if let gate { _ = await gate.receive() }
        var missed: [Int] = []
        switch answer {
        case .error(let error): throw error
        case .unprocessed(let positions): missed = positions
        case nil: break
        }
        let isPoisoned = state.withLock { state in
            guard state.poison.isDisjoint(with: keys) else { return true }
            for (position, item) in items.enumerated() where !missed.contains(position) {
                state.items[keys[position]] = item.json
            }
            return false
        }
        if isPoisoned { throw .invalid }
        return missed
    }

    func probe() async throws(AWSError) {}

    /// `<pk>/<sk>`
    private static func key(_ item: EncodedItem) -> String {
        let key = try? JSONParser().parse(item.json) { root in
            "\(root["pk"]?["S"]?.string ?? "?")/\(root["sk"]?["S"]?.string ?? "?")"
        }
        return key ?? "?"
    }
}
