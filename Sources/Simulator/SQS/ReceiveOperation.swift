import AWSCore

/// ReceiveMessage.
extension SQSService {
    func receiveMessage(_ input: JSONValue, _ call: Call) throws -> Outcome {
        let queue = try queue(of: input)
        let settings = queue.settings
        let limit = try Self.ranged(input, "MaxNumberOfMessages", 1...10, "Must be between 1 and 10, if provided.") ?? 1
        let visibility =
            try Self.ranged(input, "VisibilityTimeout", 0...43_200, "Must be between 0 and 43200, if provided.")
            .map { Duration.seconds($0) } ?? settings.visibilityTimeout
        let waitTime =
            try Self.ranged(input, "WaitTimeSeconds", 0...20, "Must be >= 0 and <= 20, if provided.")
            .map { Duration.seconds($0) } ?? settings.waitTime
        let attributes = try MessageSystemAttributes(input, accountId: accountId)
        let deliveries = try queue.receive(limit: limit, visibility: visibility, disorder: call.plan.disorder)
        if !deliveries.isEmpty || waitTime == .zero {
            return .answer(answer(deliveries, attributes, hasWrongMD5: call.plan.hasWrongMD5))
        }
        return .wait(
            PendingReceive(
                poll: LongPoll(
                    queue: queue, limit: limit, visibility: visibility, waitTime: waitTime,
                    disorder: call.plan.disorder, eventLoop: call.eventLoop),
                attributes: attributes, hasWrongMD5: call.plan.hasWrongMD5))
    }

    /// Writes what was received, and counts it.
    func answer(_ deliveries: [Delivery], _ attributes: MessageSystemAttributes, hasWrongMD5: Bool) -> Answer {
        var payload = 0
        var duplicates = 0
        for delivery in deliveries {
            payload += delivery.message.body.count
            if delivery.message.receiveCount > 1 { duplicates += 1 }
        }
        meter.update { counts in
            counts.bill(payload: payload)
            counts.messagesDelivered += deliveries.count
            counts.duplicatesDelivered += duplicates
        }
        guard !deliveries.isEmpty else { return .empty }
        var json = JSONWriter(capacity: payload + payload / 4 + 400 * deliveries.count)
        json.beginObject()
        json.key("Messages")
        json.beginArray()
        for delivery in deliveries {
            let message = delivery.message
            json.beginObject()
            json.key("MessageId")
            json.string(message.id.text)
            json.key("ReceiptHandle")
            json.string(delivery.receiptHandle.text)
            json.key("MD5OfBody")
            let md5 = hasWrongMD5 ? Identifier(high: ~message.md5.high, low: message.md5.low) : message.md5
            json.string(md5.hexadecimal)
            json.key("Body")
            message.body.withUnsafeBytes { json.string(utf8: $0) }
            attributes.write(message, to: &json)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return Answer(json)
    }

    private static func ranged(
        _ input: JSONValue, _ name: StaticString, _ range: ClosedRange<Int>, _ reason: String
    ) throws -> Int? {
        guard let value = try input.integer(named: name) else { return nil }
        guard range.contains(value) else {
            throw ServiceError.invalidParameter("Value \(value) for parameter \(name) is invalid. Reason: \(reason)")
        }
        return value
    }
}

/// A long poll, with what its answer will need.
struct PendingReceive {
    let poll: LongPoll
    let attributes: MessageSystemAttributes
    let hasWrongMD5: Bool
}

/// The system attributes that a receive asks for.
struct MessageSystemAttributes: Sendable {
    private var receiveCount = false
    private var firstReceive = false
    private var sentTimestamp = false
    private var senderId = false
    private let accountId: String

    init(_ input: JSONValue, accountId: String) throws {
        self.accountId = accountId
        // AttributeNames is the older name of the same.
        let names = try input.elements(named: "MessageSystemAttributeNames") + input.elements(named: "AttributeNames")
        for element in names {
            switch element.string {
            case "All":
                (receiveCount, firstReceive, sentTimestamp, senderId) = (true, true, true, true)
            case "ApproximateReceiveCount": receiveCount = true
            case "ApproximateFirstReceiveTimestamp": firstReceive = true
            case "SentTimestamp": sentTimestamp = true
            case "SenderId": senderId = true
            case "MessageDeduplicationId", "MessageGroupId", "SequenceNumber", "AWSTraceHeader",
                "DeadLetterQueueSourceArn":
                break
            default:
                throw ServiceError.sqs(.invalidAttributeName, "Unknown Attribute \(element.string ?? "").")
            }
        }
    }

    func write(_ message: Message, to json: inout JSONWriter) {
        guard receiveCount || firstReceive || sentTimestamp || senderId else { return }
        json.key("Attributes")
        json.beginObject()
        if senderId {
            json.key("SenderId")
            json.string(accountId)
        }
        if firstReceive {
            json.key("ApproximateFirstReceiveTimestamp")
            json.decimalString((message.firstReceivedAt ?? message.sentAt).milliseconds)
        }
        if receiveCount {
            json.key("ApproximateReceiveCount")
            json.decimalString(message.receiveCount)
        }
        if sentTimestamp {
            json.key("SentTimestamp")
            json.decimalString(message.sentAt.milliseconds)
        }
        json.endObject()
    }
}
