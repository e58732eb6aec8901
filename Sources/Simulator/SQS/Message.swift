import AWSCore

/// A message as it was sent, with what the queue remembers of it.
struct Message: Sendable {
    let id: Identifier
    let body: [UInt8]
    let md5: Identifier
    let sentAt: Timestamp
    var receiveCount = 0
    var firstReceivedAt: Timestamp?
    var receivedAt: Timestamp?
}

/// A message as one receive hands it out.
struct Delivery: Sendable {
    let message: Message
    let receiptHandle: ReceiptHandle
}

/// Deliberate untidiness that a standard queue is allowed: each a probability for a message received.
struct Disorder: Sendable, Hashable {
    /// Stays visible although it was received, or is kept although its delete was answered.
    var duplicate = 0.0
    /// Comes from a random place instead of the front.
    var reorder = 0.0
}
