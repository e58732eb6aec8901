/// What takes messages for good: the queue; a script in tests.
protocol MessageSink: Sendable {
    /// Sends messages, at most 10 and 1 MiB together.
    ///
    /// - Parameter messages: The messages.
    /// - Returns: For each message, by position, what became of it.
    func send(_ messages: [PackedMessage]) async -> [SinkOutcome]
}

/// What became of a message that was sent.
enum SinkOutcome: Sendable, Equatable {
    /// It is durable.
    case accepted
    /// It may be there or not; sending it again may do better.
    case failed(String)
    /// Nothing can be sent until someone does something: no such queue, no permission, no credentials.
    case cutOff(String)
    /// The message itself will never be taken.
    case refused(String)
}
