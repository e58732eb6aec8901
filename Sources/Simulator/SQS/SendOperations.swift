import AWSCore

/// SendMessage and SendMessageBatch.
extension SQSService {
    func sendMessage(_ input: JSONValue, _ call: Call) throws -> Answer {
        let queue = try queue(of: input)
        let settings = queue.settings
        let (message, delay) = try message(input, settings, call)
        queue.send([(message, delay)])
        meter.sent([message.md5])
        meter.update { $0.bill(payload: message.body.count) }
        var json = JSONWriter()
        json.beginObject()
        Self.write(message, call, to: &json)
        json.endObject()
        return Answer(json)
    }

    func sendMessageBatch(_ input: JSONValue, _ call: Call) throws -> Answer {
        let queue = try queue(of: input)
        let settings = queue.settings
        let batch = try BatchEntries(input)
        var total = 0
        for (_, entry) in batch.entries { total += entry["MessageBody"]?.utf8?.count ?? 0 }
        guard total <= Self.batchLimit else {
            throw ServiceError.sqs(
                .batchRequestTooLong,
                "Batch requests cannot be longer than \(Self.batchLimit) bytes. You have sent \(total) bytes.")
        }
        var random = call.plan.random
        var messages: [(message: Message, delay: Duration)] = []
        var answer = BatchAnswer(capacity: 64 + 160 * batch.entries.count)
        for (id, entry) in batch.entries {
            do {
                let (message, delay) = try message(entry, settings, call)
                if random.happens(call.plan.failingShare) { throw ServiceError.entryFailed }
                messages.append((message, delay))
                answer.succeed(id) { Self.write(message, call, to: &$0) }
            } catch let error as ServiceError {
                answer.fail(id, error)
            }
        }
        queue.send(messages)
        meter.sent(messages.map(\.message.md5))
        meter.update { $0.bill(payload: total) }
        return answer.answer()
    }

    /// The most bytes of a batch's messages together (SQS developer guide, "Message quotas").
    private static let batchLimit = 1_048_576

    private func message(
        _ input: JSONValue, _ settings: QueueSettings, _ call: Call
    ) throws -> (Message, Duration) {
        guard let body = input["MessageBody"]?.utf8, body.count > 0 else {
            throw ServiceError.missingParameter("MessageBody")
        }
        if let attributes = input["MessageAttributes"], attributes.members.contains(where: { _ in true }) {
            throw ServiceError.sqs(.unsupportedOperation, "The simulator takes no message attributes.")
        }
        guard body.count <= settings.maximumMessageSize else {
            throw ServiceError.invalidParameter(
                "One or more parameters are invalid. Reason: Message must be shorter than "
                    + "\(settings.maximumMessageSize) bytes.")
        }
        guard MessageCharacters.areAllowed(body) else {
            throw ServiceError.sqs(
                .invalidMessageContents,
                "Invalid binary character was found in the message body, the set of allowed characters is "
                    + "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF")
        }
        let delay = try input.integer(named: "DelaySeconds")
        guard (0...900).contains(delay ?? 0) else {
            throw ServiceError.invalidParameter(
                "Value \(delay ?? 0) for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and "
                    + "<= 900.")
        }
        let message = Message(
            id: Identifier(using: &call.loop.random), body: Array(body), md5: Identifier(md5Of: body),
            sentAt: call.now)
        return (message, delay.map { .seconds($0) } ?? settings.delay)
    }

    private static func write(_ message: Message, _ call: Call, to json: inout JSONWriter) {
        json.key("MessageId")
        json.string(message.id.text)
        json.key("MD5OfMessageBody")
        json.string(call.md5Text(message.md5))
    }
}

/// The characters that SQS takes: those of XML 1.0.
enum MessageCharacters {
    static func areAllowed(_ utf8: UnsafeRawBufferPointer) -> Bool {
        var isRefused: UInt8 = 0
        var isSuspect: UInt8 = 0
        for byte in utf8 {
            // Without branches, so that it runs at memory's speed.
            let isControl: UInt8 = byte < 0x20 ? 1 : 0
            let isSpace: UInt8 = byte == 0x09 || byte == 0x0A || byte == 0x0D ? 1 : 0
            isRefused |= isControl & ~isSpace
            isSuspect |= byte == 0xEF ? 1 : 0
        }
        guard isRefused & 1 == 0 else { return false }
        guard isSuspect == 1, utf8.count >= 3 else { return true }
        // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
        for at in 0..<(utf8.count - 2) where utf8[at] == 0xEF && utf8[at + 1] == 0xBF && utf8[at + 2] >= 0xBE {
            return false
        }
        return true
    }
}

extension Call {
    /// An MD5 as it is answered, wrong where the plan says so.
    func md5Text(_ digest: Identifier) -> String {
        plan.hasWrongMD5 ? Identifier(high: ~digest.high, low: digest.low).hexadecimal : digest.hexadecimal
    }
}
