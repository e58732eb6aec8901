import AWSCore
import Locking
import NIOCore

/// A ReceiveMessage that waits for messages. Answered once: by a send, by a message that becomes visible again, or
/// empty when its time is over; never after its connection has gone.
final class LongPoll: Sendable {
    let queue: SQSQueue
    let limit: Int
    let visibility: Duration
    let disorder: Disorder
    let eventLoop: any EventLoop
    private let waitTime: Duration
    private let answer: Guarded<(@Sendable ([Delivery]) -> Void)?>

    init(
        queue: SQSQueue, limit: Int, visibility: Duration, waitTime: Duration, disorder: Disorder,
        eventLoop: any EventLoop
    ) {
        self.queue = queue
        self.limit = limit
        self.visibility = visibility
        self.waitTime = waitTime
        self.disorder = disorder
        self.eventLoop = eventLoop
        answer = Guarded(nil)
    }

    /// Begins to wait.
    ///
    /// - Parameter answer: Called once on the event loop, with no messages where the time is over.
    func start(_ answer: @escaping @Sendable ([Delivery]) -> Void) {
        self.answer.withLock { $0 = answer }
        eventLoop.scheduleTask(in: TimeAmount(waitTime)) {
            if self.queue.leave(self) { self.deliver([]) }
        }
        queue.join(self)
    }

    /// Stops waiting because the connection has gone, so that no message is handed to nobody.
    func cancel() {
        _ = queue.leave(self)
        answer.withLock { $0 = nil }
    }

    /// Answers with messages.
    func deliver(_ deliveries: [Delivery]) {
        let answer = answer.withLock { answer in
            defer { answer = nil }
            return answer
        }
        guard let answer else { return }
        eventLoop.execute { answer(deliveries) }
    }
}
