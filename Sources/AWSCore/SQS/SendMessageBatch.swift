extension SQSClient {
    /// Sends up to ten messages, at most 1 MiB together.
    ///
    /// The MD5 that SQS answers with is compared; a message whose sum differs counts as failed.
    ///
    /// - Parameters:
    ///   - queueURL: The queue's URL.
    ///   - bodies: The messages' bodies, UTF-8, of the characters that SQS takes.
    /// - Returns: For each body, by position, its message id or why it failed.
    /// - Throws: ``AWSError`` where the batch as a whole failed: some may have been sent all the same.
    public func sendMessageBatch(
        queueURL: String, bodies: [[UInt8]]
    ) async throws(AWSError) -> [Result<String, BatchEntryError>] {
        // Escaped JSON in JSON grows by its quotes, about an eighth.
        let capacity = bodies.reduce(256) { $0 + $1.count + $1.count / 4 + 64 }
        return try await call("SendMessageBatch", capacity: capacity) { writer in
            writer.key("QueueUrl")
            writer.string(queueURL)
            writer.key("Entries")
            writer.beginArray()
            for (position, body) in bodies.enumerated() {
                writer.beginObject()
                writer.key("Id")
                writer.decimalString(position)
                writer.key("MessageBody")
                body.withUnsafeBytes { writer.string(utf8: $0) }
                writer.endObject()
            }
            writer.endArray()
        } output: { root throws(ResponseMismatch) in
            Self.outcome(of: bodies, in: root)
        }
    }

    private static func outcome(of bodies: [[UInt8]], in root: JSONValue) -> [Result<String, BatchEntryError>] {
        var outcome = root.batchFailures(count: bodies.count).map { failure in
            Result<String, BatchEntryError>.failure(failure ?? .unmentioned)
        }
        for entry in root["Successful"]?.elements ?? JSONValue.none {
            guard let position = entry.batchPosition, outcome.indices.contains(position) else { continue }
            let sum = entry["MD5OfMessageBody"]?.string
            let own = Digest.md5Hex(bodies[position])
            outcome[position] =
                sum == nil || own == nil || sum == own
                ? .success(entry["MessageId"]?.string ?? "") : .failure(.wrongSum)
        }
        return outcome
    }
}

extension BatchEntryError {
    fileprivate static let wrongSum = BatchEntryError(
        code: .badResponse, message: "SQS holds other bytes than were sent: the MD5 differs", senderFault: false)
}
