@testable import AWSCore

/// A source that answers when the test says so.
final class GatedSource: CredentialsSource {
    private struct State {
        var asked = 0
        var answers: [Result<Credentials, CredentialsError>] = []
        var waiting: [CheckedContinuation<Result<Credentials, CredentialsError>, Never>] = []
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let name = "test"
    private let state = SharedValue(State())

    var asked: Int { state.get().asked }

    /// Answers the question that waits, or else the next one.
    func answer(_ result: Result<Credentials, CredentialsError>) {
        let waiting = state.update { state in
            if state.waiting.isEmpty {
                state.answers.append(result)
                return nil as CheckedContinuation<Result<Credentials, CredentialsError>, Never>?
            }
            return state.waiting.removeFirst()
        }
        waiting?.resume(returning: result)
    }

    func waitUntilAsked(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.update { state in
                if state.asked < count { state.watchers.append((count, continuation)) }
                return state.asked >= count
            }
            if isThere { continuation.resume() }
        }
    }

    func load() async throws(CredentialsError) -> Credentials {
        let result = await withCheckedContinuation { continuation in
            let (answer, woken) = state.update { state in
                state.asked += 1
                let woken = state.watchers.filter { $0.count <= state.asked }
                state.watchers.removeAll { $0.count <= state.asked }
                if state.answers.isEmpty {
                    state.waiting.append(continuation)
                    return (nil as Result<Credentials, CredentialsError>?, woken)
                }
                return (state.answers.removeFirst(), woken)
            }
            for watcher in woken { watcher.continuation.resume() }
            if let answer { continuation.resume(returning: answer) }
        }
        return try result.get()
    }
}
