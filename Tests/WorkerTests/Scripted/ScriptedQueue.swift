import Channels
import Locking

@testable import AWSCore
@testable import Worker

/// A queue in memory, on the test's clock, that does as it is told.
final class ScriptedQueue: MessageQueue {
    struct Message {
        let id: MessageID
        let body: String
        var receipts = 0
        var hiddenUntil = Duration.zero
        var receiptHandle: String { "\(id)/\(receipts)" }
    }

    struct Poll: Equatable {
        let limit: Int
        let wait: Duration
    }

    struct State {
        var messages: [Message] = []
        var polls: [Poll] = []
        var openPolls = 0
        var mostOpenPolls = 0
        var deletes: [[String]] = []
        var hides: [[(receiptHandle: String, visibilityTimeout: Duration)]] = []
        var deleted: [MessageID] = []
        var receiveErrors: [AWSError] = []
        /// A receive fails once that many polls were made.
        var errorAfter: Int?
        var deleteAnswers: [Result<[BatchEntryError?], AWSError>] = []
    }

    let state = Guarded(State())
    let hand: HandClock
    let visibilityTimeout: Duration
    /// What is looked at as a message is deleted.
    let onDelete: @Sendable (Message) -> Void
    /// Each change of visibility takes one, if set.
    private let hideGate: Channel<Void>?
    private let arrivals = Channel<Void>(capacity: 1)

    init(
        _ hand: HandClock, visibilityTimeout: Duration = .seconds(60), hideGate: Channel<Void>? = nil,
        onDelete: @escaping @Sendable (Message) -> Void = { _ in }
    ) {
        self.hand = hand
        self.visibilityTimeout = visibilityTimeout
        self.hideGate = hideGate
        self.onDelete = onDelete
    }

    /// Puts messages on the queue, `m0` and on.
    func send(_ bodies: [String]) {
        state.withLock { state in
            for body in bodies {
                state.messages.append(Message(id: "m\(state.messages.count + state.deleted.count)", body: body))
            }
        }
        arrive()
    }

    /// Shows a message again, as SQS does now and then whatever the visibility.
    func redeliver(_ id: MessageID) {
        state.withLock { state in
            for index in state.messages.indices where state.messages[index].id == id {
                state.messages[index].hiddenUntil = .zero
            }
        }
        arrive()
    }

    var isEmpty: Bool { state.withLock { $0.messages.isEmpty } }
    var visible: [MessageID] {
        state.withLock { state in state.messages.filter { $0.hiddenUntil <= hand.now }.map(\.id) }
    }

    private func arrive() { _ = try? arrivals.trySend(()) }

    func receive(upTo limit: Int, wait: Duration) async throws(AWSError) -> [SQSMessage] {
        let error = state.withLock { state -> AWSError? in
            state.polls.append(Poll(limit: limit, wait: wait))
            state.openPolls += 1
            state.mostOpenPolls = max(state.mostOpenPolls, state.openPolls)
            if let count = state.errorAfter, state.polls.count >= count { return .unreachable }
            return state.receiveErrors.isEmpty ? nil : state.receiveErrors.removeFirst()
        }
        defer { state.withLock { $0.openPolls -= 1 } }
        if let error { throw error }
        let end = hand.now + wait
        while true {
            let messages = take(limit)
            if !messages.isEmpty || hand.now >= end { return messages }
            _ = await arrivals.receive(within: end - hand.now, timer: hand.clock.timer)
        }
    }

    private func take(_ limit: Int) -> [SQSMessage] {
        state.withLock { state in
            var taken: [SQSMessage] = []
            for index in state.messages.indices where taken.count < limit {
                guard state.messages[index].hiddenUntil <= hand.now else { continue }
                state.messages[index].hiddenUntil = hand.now + visibilityTimeout
                state.messages[index].receipts += 1
                let message = state.messages[index]
                taken.append(
                    SQSMessage(
                        messageId: message.id, receiptHandle: message.receiptHandle, body: Array(message.body.utf8),
                        receiveCount: message.receipts))
            }
            return taken
        }
    }

    func delete(_ receiptHandles: [String]) async throws(AWSError) -> [BatchEntryError?] {
        let (answer, deleted) = state.withLock { state -> (Result<[BatchEntryError?], AWSError>?, [Message]) in
            state.deletes.append(receiptHandles)
            let answer = state.deleteAnswers.isEmpty ? nil : state.deleteAnswers.removeFirst()
            var deleted: [Message] = []
            for (position, receiptHandle) in receiptHandles.enumerated() {
                let failure: BatchEntryError? =
                    switch answer {
                    case nil: nil
                    case .success(let failures): failures[position]
                    case .failure: .init(code: "x", message: "", senderFault: false)
                    }
                guard failure == nil,
                    let index = state.messages.firstIndex(where: { $0.receiptHandle == receiptHandle })
                else { continue }
                deleted.append(state.messages.remove(at: index))
                state.deleted += deleted.suffix(1).map(\.id)
            }
            return (answer, deleted)
        }
        for message in deleted { onDelete(message) }
        return try answer?.get() ?? receiptHandles.map { _ in nil }
    }

    func hide(
        _ messages: [(receiptHandle: String, visibilityTimeout: Duration)]
    ) async throws(AWSError) -> [BatchEntryError?] {
        if let hideGate { _ = await hideGate.receive() }
        state.withLock { state in
            state.hides.append(messages)
            for (receiptHandle, timeout) in messages {
                for index in state.messages.indices where state.messages[index].receiptHandle == receiptHandle {
                    state.messages[index].hiddenUntil = hand.now + timeout
                }
            }
        }
        return messages.map { _ in nil }
    }

    func attributes() async throws(AWSError) -> QueueAttributes {
        QueueAttributes(visibilityTimeout: visibilityTimeout, depth: state.withLock { $0.messages.count })
    }
}

extension AWSError {
    static let unreachable = AWSError(
        service: "x", operation: "Y", code: .transport, message: "no route", retryReason: .transient)
    static let missingQueue = AWSError(
        service: "sqs", operation: "Y", code: "QueueDoesNotExist", message: "no queue", status: 400)
    static let missingTable = AWSError(
        service: "dynamodb", operation: "Y", code: "ResourceNotFoundException", message: "no table", status: 400)
    static let denied = AWSError(
        service: "dynamodb", operation: "Y", code: "AccessDeniedException", message: "no", status: 400)
    static let throttled = AWSError(
        service: "dynamodb", operation: "Y", code: "ThrottlingException", message: "slow down", status: 400,
        retryReason: .throttling)
    static let notFound = AWSError(
        service: "dynamodb", operation: "Y", code: "HTTP404", message: "not here", status: 404)
    static let invalid = AWSError(
        service: "dynamodb", operation: "Y", code: "ValidationException", message: "bad item", status: 400)
}
