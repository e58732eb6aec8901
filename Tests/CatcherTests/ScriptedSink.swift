import Locking
@testable import Catcher

/// A queue that the test plays: it hears of every call and says what becomes of it.
final class ScriptedSink: MessageSink {
    struct Call: Sendable {
        let messages: [PackedMessage]
        fileprivate let continuation: CheckedContinuation<[SinkOutcome], Never>

        func answer(_ outcomes: [SinkOutcome]) { continuation.resume(returning: outcomes) }
        func accept() { answer(messages.map { _ in .accepted }) }
    }

    private let calls: AsyncStream<Call>
    private let arrived: AsyncStream<Call>.Continuation

    init() {
        (calls, arrived) = AsyncStream.makeStream()
    }

    func send(_ messages: [PackedMessage]) async -> [SinkOutcome] {
        await withCheckedContinuation { continuation in
            arrived.yield(Call(messages: messages, continuation: continuation))
        }
    }

    /// Waits for the next call.
    func next() async -> Call? {
        for await call in calls { return call }
        return nil
    }
}

/// A queue that takes everything at once, and counts.
final class TakingSink: MessageSink {
    private let taken = Guarded<[PackedMessage]>([])

    var messages: [PackedMessage] { taken.withLock { $0 } }

    func send(_ messages: [PackedMessage]) async -> [SinkOutcome] {
        taken.withLock { $0 += messages }
        return messages.map { _ in .accepted }
    }
}
