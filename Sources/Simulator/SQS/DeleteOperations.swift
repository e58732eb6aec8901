import AWSCore

/// DeleteMessage and DeleteMessageBatch.
extension SQSService {
    func deleteMessage(_ input: JSONValue, _ call: Call) throws -> Answer {
        let queue = try queue(of: input)
        try delete(input, from: queue, call)
        meter.update { $0.messagesDeleted += 1 }
        return .empty
    }

    func deleteMessageBatch(_ input: JSONValue, _ call: Call) throws -> Answer {
        let queue = try queue(of: input)
        let batch = try BatchEntries(input)
        var random = call.plan.random
        var deleted = 0
        var answer = BatchAnswer(capacity: 64 + 32 * batch.entries.count)
        for (id, entry) in batch.entries {
            do {
                if random.happens(call.plan.failingShare) { throw ServiceError.entryFailed }
                try delete(entry, from: queue, call)
                deleted += 1
                answer.succeed(id)
            } catch let error as ServiceError {
                answer.fail(id, error)
            }
        }
        meter.update { $0.messagesDeleted += deleted }
        return answer.answer()
    }

    private func delete(_ input: JSONValue, from queue: SQSQueue, _ call: Call) throws {
        guard let text = input["ReceiptHandle"]?.utf8 else { throw ServiceError.missingParameter("ReceiptHandle") }
        guard let handle = ReceiptHandle(text), queue.delete(handle, disorder: call.plan.disorder) else {
            throw Self.invalidHandle(text)
        }
    }

    static func invalidHandle(_ text: UnsafeRawBufferPointer) -> ServiceError {
        .sqs(
            .receiptHandleIsInvalid,
            "The input receipt handle \"\(String(decoding: text.prefix(200), as: UTF8.self))\" is not a valid receipt "
                + "handle.")
    }
}
