import Locking

@testable import Catcher

/// A spool in memory that the test can break.
final class ScriptedSpool: Spool {
    struct State {
        var next: SpoolPlace = 1
        var messages: [SpoolPlace: PackedMessage] = [:]
        var aside: [PackedMessage] = []
        var error: SpoolError?
        var commits = 0
        var refusesRemoval = false
    }

    let state = Guarded(State())

    var stored: [String] { state.withLock { $0.messages.sorted { $0.key < $1.key }.map(\.value.id) } }
    var aside: [String] { state.withLock { $0.aside.map(\.id) } }
    func fail(_ error: SpoolError?) { state.withLock { $0.error = error } }

    private func change<Value>(_ body: (inout State) -> Value) throws(SpoolError) -> Value {
        let result: Result<Value, SpoolError> = state.withLock { state in
            if let error = state.error { return .failure(error) }
            return .success(body(&state))
        }
        return try result.get()
    }

    func store(_ messages: [PackedMessage]) async throws(SpoolError) -> [SpoolPlace] {
        try change { state in
            state.commits += 1
            return messages.map { message in
                defer { state.next += 1 }
                state.messages[state.next] = message
                return state.next
            }
        }
    }

    func places() async throws(SpoolError) -> [SpoolPlace] { try change { $0.messages.keys.sorted() } }

    func read(_ places: [SpoolPlace]) async throws(SpoolError) -> [(place: SpoolPlace, message: PackedMessage)] {
        try change { state in places.compactMap { place in state.messages[place].map { (place, $0) } } }
    }

    func refuseRemoval(_ refuses: Bool) { state.withLock { $0.refusesRemoval = refuses } }

    func remove(_ places: [SpoolPlace]) async throws(SpoolError) {
        if state.withLock({ $0.refusesRemoval }) { throw .broken("database or disk is full") }
        try change { state in for place in places { state.messages[place] = nil } }
    }

    func setAside(_ message: PackedMessage, from place: SpoolPlace?, because reason: String) async throws(SpoolError) {
        try change { state in
            state.aside.append(message)
            if let place { state.messages[place] = nil }
        }
    }
}
