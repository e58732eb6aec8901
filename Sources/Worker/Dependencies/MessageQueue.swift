import AWSCore

/// The queue, as the pipeline needs it. Batches hold at most ten.
protocol MessageQueue: Sendable {
    /// Waits up to `wait` for messages, and takes at most `limit`.
    func receive(upTo limit: Int, wait: Duration) async throws(AWSError) -> [SQSMessage]

    /// For each handle, by position: `nil` if its message was deleted, or why not.
    func delete(_ receiptHandles: [String]) async throws(AWSError) -> [BatchEntryError?]

    /// For each handle, by position: `nil` if its message is now hidden for that long, or why not.
    func hide(_ messages: [(receiptHandle: String, visibilityTimeout: Duration)]) async throws(AWSError)
        -> [BatchEntryError?]

    /// What the queue says of itself.
    func attributes() async throws(AWSError) -> QueueAttributes
}

/// What a queue says of itself.
struct QueueAttributes: Sendable {
    /// How long a received message stays hidden; `nil` if it does not say.
    var visibilityTimeout: Duration?
    /// How many messages wait to be received, about.
    var depth: Int?
}
