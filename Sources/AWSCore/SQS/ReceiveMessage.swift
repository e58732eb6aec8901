/// A message as received.
public struct SQSMessage: Sendable {
    /// SQS's id of the message.
    public let messageId: String
    /// What deletes this receipt of the message, or changes its visibility.
    public let receiptHandle: String
    /// The body, UTF-8; with spare capacity behind it for ``JSONParser`` to read it in place.
    public let body: [UInt8]
    /// When it was sent.
    public let sentTimestamp: Timestamp?
    /// How often it has been received, this time included; approximate.
    public let receiveCount: Int

    /// - Parameters:
    ///   - messageId: SQS's id of the message.
    ///   - receiptHandle: What deletes this receipt of the message.
    ///   - body: The body.
    ///   - sentTimestamp: When it was sent.
    ///   - receiveCount: How often it has been received.
    public init(
        messageId: String, receiptHandle: String, body: [UInt8], sentTimestamp: Timestamp? = nil,
        receiveCount: Int = 1
    ) {
        self.messageId = messageId
        self.receiptHandle = receiptHandle
        self.body = body
        self.sentTimestamp = sentTimestamp
        self.receiveCount = receiveCount
    }
}

extension SQSClient {
    /// Receives messages, waiting for the first.
    ///
    /// A message whose body does not match its MD5 is left out: it comes again when its visibility ends.
    ///
    /// - Parameters:
    ///   - queueURL: The queue's URL.
    ///   - maxNumberOfMessages: The most to take, 1 to 10.
    ///   - waitTime: How long SQS may hold the answer back until there is a message, 0 to 20 s.
    ///   - visibilityTimeout: How long the messages stay hidden from others, 0 to 12 h; the queue's own if `nil`.
    /// - Returns: The messages, none if none came in time.
    /// - Throws: ``AWSError``.
    public func receiveMessage(
        queueURL: String, maxNumberOfMessages: Int = sqsMaxBatchEntries, waitTime: Duration = .seconds(20),
        visibilityTimeout: Duration? = nil
    ) async throws(AWSError) -> [SQSMessage] {
        try await call("ReceiveMessage", wait: waitTime) { writer in
            writer.key("QueueUrl")
            writer.string(queueURL)
            writer.key("MaxNumberOfMessages")
            writer.integer(maxNumberOfMessages)
            writer.key("WaitTimeSeconds")
            writer.integer(waitTime.components.seconds)
            if let visibilityTimeout {
                writer.key("VisibilityTimeout")
                writer.integer(visibilityTimeout.components.seconds)
            }
            // Both names: the second is the newer, and a server may know one of them only.
            writer.key("AttributeNames")
            writer.raw(#"["SentTimestamp","ApproximateReceiveCount"]"#)
            writer.key("MessageSystemAttributeNames")
            writer.raw(#"["SentTimestamp","ApproximateReceiveCount"]"#)
        } output: { root throws(ResponseMismatch) in
            var messages: [SQSMessage] = []
            for element in root["Messages"]?.elements ?? JSONValue.none {
                if let message = try SQSMessage(element) { messages.append(message) }
            }
            return messages
        }
    }
}

extension SQSMessage {
    /// - Returns: `nil` if the body is not what its MD5 says.
    fileprivate init?(_ element: JSONValue) throws(ResponseMismatch) {
        guard let messageId = element["MessageId"]?.string, let receiptHandle = element["ReceiptHandle"]?.string,
            let text = element["Body"]?.utf8
        else { throw ResponseMismatch("a message without MessageId, ReceiptHandle or Body") }
        if let sum = element["MD5OfBody"]?.string, let own = Digest.md5Hex(text), own != sum { return nil }
        var body: [UInt8] = []
        body.reserveCapacity(text.count + JSONParser.padding)
        body.append(contentsOf: text)
        let attributes = element["Attributes"]
        self.init(
            messageId: messageId, receiptHandle: receiptHandle, body: body,
            sentTimestamp: attributes?["SentTimestamp"]?.string.flatMap { Int64($0) }
                .map { Timestamp(milliseconds: $0) },
            receiveCount: attributes?["ApproximateReceiveCount"]?.string.flatMap { Int($0) } ?? 1)
    }
}
