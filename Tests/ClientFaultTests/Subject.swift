import AWSCore

@testable import Simulator

/// What is done under a fault: an operation of the product, on ten messages or 25 items.
enum Subject: CaseIterable, Sendable {
    case send, receive, delete, changeVisibility, write

    var operation: Operation {
        switch self {
        case .send: .sendMessageBatch
        case .receive: .receiveMessage
        case .delete: .deleteMessageBatch
        case .changeVisibility: .changeMessageVisibilityBatch
        case .write: .batchWriteItem
        }
    }

    /// How many entries the batch has.
    var count: Int { self == .write ? 25 : 10 }
}

/// What the client said of a call, by entries.
struct Reported {
    /// The entries that the client reports as done; for a receive, those that it handed over.
    var done: Set<Int> = []
    /// The entries that it reports as failed one by one, by their codes.
    var failed: [String: Int] = [:]
    /// Why the call as a whole failed.
    var error: AWSError?
}
