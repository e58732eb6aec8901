import AWSCore

/// ChangeMessageVisibility and ChangeMessageVisibilityBatch.
extension SQSService {
    func changeMessageVisibility(_ input: JSONValue, _ call: Call) throws -> Answer {
        let queue = try queue(of: input)
        try changeVisibility(input, of: queue)
        meter.update { $0.visibilityChanges += 1 }
        return .empty
    }

    func changeMessageVisibilityBatch(_ input: JSONValue, _ call: Call) throws -> Answer {
        let queue = try queue(of: input)
        let batch = try BatchEntries(input)
        var random = call.plan.random
        var changed = 0
        var answer = BatchAnswer(capacity: 64 + 32 * batch.entries.count)
        for (id, entry) in batch.entries {
            do {
                if random.happens(call.plan.failingShare) { throw ServiceError.entryFailed }
                try changeVisibility(entry, of: queue)
                changed += 1
                answer.succeed(id)
            } catch let error as ServiceError {
                answer.fail(id, error)
            }
        }
        meter.update { $0.visibilityChanges += changed }
        return answer.answer()
    }

    private func changeVisibility(_ input: JSONValue, of queue: SQSQueue) throws {
        guard let text = input["ReceiptHandle"]?.utf8 else { throw ServiceError.missingParameter("ReceiptHandle") }
        guard let seconds = try input.integer(named: "VisibilityTimeout") else {
            throw ServiceError.missingParameter("VisibilityTimeout")
        }
        guard (0...43_200).contains(seconds) else {
            throw ServiceError.invalidParameter(
                "Value \(seconds) for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an "
                    + "integer between 0 and 43200.")
        }
        guard let handle = ReceiptHandle(text) else { throw Self.invalidHandle(text) }
        do throws(QueueState.VisibilityRefusal) {
            try queue.changeVisibility(handle, to: .seconds(seconds))
        } catch {
            throw Self.error(error, handle: text)
        }
    }

    private static func error(
        _ refusal: QueueState.VisibilityRefusal, handle: UnsafeRawBufferPointer
    ) -> ServiceError {
        switch refusal {
        case .invalidHandle: invalidHandle(handle)
        case .gone:
            .invalidParameter(
                "Value \(String(decoding: handle.prefix(200), as: UTF8.self)) for parameter ReceiptHandle is invalid. "
                    + "Reason: Message does not exist or is not available for visibility timeout change.")
        case .notInFlight: .sqs(.messageNotInflight, "The specified message isn't in flight.")
        case .beyondLimit:
            .invalidParameter(
                "Value for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is "
                    + "beyond the limit [43200 seconds].")
        }
    }
}
