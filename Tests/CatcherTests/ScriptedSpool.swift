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
        var refusesAside = false
        var refusesListing = false
        /// Places on a damaged page.
        var damaged: Set<SpoolPlace> = []
        /// How many messages it has room for.
        var room = Int.max
        /// Those who wait for a listing to be let through.
        var listing: CheckedContinuation<Void, Never>?
        var holdsListing = false
        var holdsRemoval = false
        var removal: CheckedContinuation<Void, Never>?
    }

    let state = Guarded(State())

    var stored: [String] { state.withLock { $0.messages.sorted { $0.key < $1.key }.map(\.value.id) } }
    var aside: [String] { state.withLock { $0.aside.map(\.id) } }
    func fail(_ error: SpoolError?) { state.withLock { $0.error = error } }
    func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

    private func change<Value>(_ body: (inout State) -> Value) throws(SpoolError) -> Value {
        let result: Result<Value, SpoolError> = state.withLock { state in
            if let error = state.error { return .failure(error) }
            return .success(body(&state))
        }
        return try result.get()
    }

    func store(_ messages: [PackedMessage]) async throws(SpoolError) -> [SpoolPlace] {
        let places = try change { state in
            state.commits += 1
            return messages.prefix(state.room).map { message in
                defer {
                    state.next += 1
                    state.room -= 1
                }
                state.messages[state.next] = message
                return state.next
            }
        }
        if places.isEmpty { throw .full }
        return places
    }

    /// Lists, and holds the answer back where the test says so.
    func places() async throws(SpoolError) -> [SpoolPlace] {
        if state.withLock({ $0.refusesListing }) { throw .broken("database disk image is malformed") }
        let places = try change { $0.messages.keys.sorted() }
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.holdsListing { state.listing = continuation }
                return state.holdsListing
            }
            if !isHeld { continuation.resume() }
        }
        return places
    }

    func read(_ places: [SpoolPlace]) async throws(SpoolError) -> [SpooledMessage] {
        if state.withLock({ !$0.damaged.isDisjoint(with: places) }) {
            throw .broken("database disk image is malformed")
        }
        return try change { state in places.compactMap { place in state.messages[place].map { (place, $0) } } }
    }

    func refuseRemoval(_ refuses: Bool) { state.withLock { $0.refusesRemoval = refuses } }

    func remove(_ places: [SpoolPlace]) async throws(SpoolError) {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                if state.holdsRemoval { state.removal = continuation }
                return state.holdsRemoval
            }
            if !isHeld { continuation.resume() }
        }
        if state.withLock({ $0.refusesRemoval }) { throw .broken("database or disk is full") }
        try change { state in for place in places { state.messages[place] = nil } }
    }

    func setAside(_ message: PackedMessage, from place: SpoolPlace?, because reason: String) async throws(SpoolError) {
        if state.withLock({ $0.refusesAside }) { throw .broken("database or disk is full") }
        try change { state in
            state.aside.append(message)
            if let place { state.messages[place] = nil }
        }
    }
}
