import AWSCore
import Channels
import Locking

/// Every message that this process has received and neither deleted nor returned, with its latest receipt handle.
final class MessagesInHand: Sendable {
    private struct Entry {
        var receiptHandle: String
        /// When half of its time hidden from others has passed.
        var extendAt: Duration
    }

    private struct State {
        var entries: [MessageID: Entry] = [:]
        var visibilityTimeout: Duration
    }

    private let state: Guarded<State>

    /// - Parameter visibilityTimeout: How long the queue hides a received message.
    init(visibilityTimeout: Duration) {
        state = Guarded(State(visibilityTimeout: visibilityTimeout))
    }

    /// How long the queue hides a received message.
    var visibilityTimeout: Duration {
        get { state.withLock { $0.visibilityTimeout } }
        set { state.withLock { $0.visibilityTimeout = newValue } }
    }

    var count: Int { state.withLock { $0.entries.count } }

    /// Takes received messages in hand. Of those that are in hand already the newer receipt handle replaces the older.
    ///
    /// - Returns: The jobs of the messages that were not.
    func take(_ messages: [SQSMessage], at now: Duration) -> [Job] {
        state.withLock { state in
            let extendAt = now + state.visibilityTimeout / 2
            return messages.compactMap { message in
                let entry = Entry(receiptHandle: message.receiptHandle, extendAt: extendAt)
                let known = state.entries.updateValue(entry, forKey: message.messageId)
                return known == nil ? Job(message: message, receivedAt: now) : nil
            }
        }
    }

    /// The latest receipt handle; `nil` if the message is not in hand.
    func receiptHandle(of id: MessageID) -> String? {
        state.withLock { $0.entries[id]?.receiptHandle }
    }

    /// Lets go of a message.
    ///
    /// - Returns: Its latest receipt handle; `nil` if it was not in hand.
    @discardableResult
    func release(_ id: MessageID) -> String? {
        state.withLock { $0.entries.removeValue(forKey: id)?.receiptHandle }
    }

    /// Lets go of a message that was deleted with a handle, unless it was received again meanwhile: then it is to be
    /// deleted with the newer handle too.
    func release(_ id: MessageID, deletedWith receiptHandle: String) -> Bool {
        state.withLock { state in
            guard state.entries[id]?.receiptHandle == receiptHandle else { return state.entries[id] == nil }
            state.entries[id] = nil
            return true
        }
    }

    /// The messages whose visibility is to be extended now.
    func due(at now: Duration) -> [(id: MessageID, receiptHandle: String)] {
        state.withLock { state in
            state.entries.filter { $0.value.extendAt <= now }.map { ($0.key, $0.value.receiptHandle) }
        }
    }

    /// Notes that a message was hidden anew at a time.
    func extended(_ id: MessageID, at now: Duration) {
        state.withLock { $0.entries[id]?.extendAt = now + $0.visibilityTimeout / 2 }
    }
}
