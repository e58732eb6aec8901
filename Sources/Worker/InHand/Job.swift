import AWSCore

/// SQS's id of a message.
typealias MessageID = String

/// A message on its way through the pipeline.
struct Job: Sendable {
    let message: SQSMessage
    /// When it was received, on the worker's clock.
    let receivedAt: Duration

    var id: MessageID { message.messageId }
    var size: ByteCount { .bytes(message.body.count) }
}
