import AWSCore

@testable import Simulator

/// A queue's state at times that the test names, in seconds since it began.
final class TestQueue {
    static let start = Timestamp(seconds: 1_760_000_000)

    var state: QueueState

    init(_ change: (inout QueueSettings) -> Void = { _ in }) {
        var settings = QueueSettings()
        change(&settings)
        state = QueueState(settings: settings, tag: 7, seed: 1)
    }

    func send(_ text: String, delay: Duration = .zero, at seconds: Double = 0) {
        let body = Array(text.utf8)
        let now = Self.start + .seconds(seconds)
        let message = Message(
            id: Identifier(high: 0, low: 0), body: body, md5: body.withUnsafeBytes { Identifier(md5Of: $0) },
            sentAt: now)
        state.send(message, delay: delay, now: now)
    }

    func receive(
        limit: Int = 10, visibility: Duration = .seconds(30), disorder: Disorder = Disorder(), at seconds: Double
    ) -> [Delivery] {
        receiveAll(limit: limit, visibility: visibility, disorder: disorder, at: seconds).deliveries
    }

    func receiveAll(
        limit: Int = 10, visibility: Duration = .seconds(30), disorder: Disorder = Disorder(), at seconds: Double
    ) -> (deliveries: [Delivery], dead: [Message]) {
        state.receive(limit: limit, visibility: visibility, disorder: disorder, now: Self.start + .seconds(seconds))
    }

    func delete(_ handle: ReceiptHandle, disorder: Disorder = Disorder()) -> Bool {
        state.delete(handle, disorder: disorder)
    }

    func changeVisibility(
        _ handle: ReceiptHandle, to visibility: Duration, at seconds: Double
    ) throws(QueueState.VisibilityRefusal) {
        try state.changeVisibility(handle, to: visibility, now: Self.start + .seconds(seconds))
    }
}

extension [Delivery] {
    var texts: [String] { map { String(decoding: $0.message.body, as: UTF8.self) } }
}
