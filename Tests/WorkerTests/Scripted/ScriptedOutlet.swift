import Channels
import Locking

@testable import AWSCore
@testable import Worker

/// A queue in memory that messages are sent to.
final class ScriptedOutlet: MessageOutlet {
    struct State {
        var batches: [[[UInt8]]] = []
        var accepted: [[UInt8]] = []
        /// How the next entries are answered; accepted when there are no more.
        var answers: [BatchEntryError?] = []
        var errors: [AWSError] = []
    }

    let state = Guarded(State())

    var accepted: [String] { state.withLock { $0.accepted }.map { String(decoding: $0, as: UTF8.self) } }
    var batches: [Int] { state.withLock { $0.batches.map(\.count) } }

    func send(_ bodies: [[UInt8]]) async throws(AWSError) -> [Result<String, BatchEntryError>] {
        let result: Result<[Result<String, BatchEntryError>], AWSError> = state.withLock { state in
            state.batches.append(bodies)
            if !state.errors.isEmpty { return .failure(state.errors.removeFirst()) }
            return .success(
                bodies.map { body in
                    if let answer = state.answers.isEmpty ? nil : state.answers.removeFirst() {
                        return .failure(answer)
                    }
                    state.accepted.append(body)
                    return .success("new-\(state.accepted.count)")
                })
        }
        return try result.get()
    }
}

extension BatchEntryError {
    static let dead = BatchEntryError(code: "ReceiptHandleIsInvalid", message: "old", senderFault: true)
    static let busy = BatchEntryError(code: "InternalError", message: "busy", senderFault: false)
    static let refused = BatchEntryError(code: "InvalidMessageContents", message: "no", senderFault: true)
}
