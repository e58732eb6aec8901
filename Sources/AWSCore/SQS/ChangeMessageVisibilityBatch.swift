extension SQSClient {
    /// Sets anew, from now on, how long up to ten messages stay hidden; zero shows them at once.
    ///
    /// - Parameters:
    ///   - queueURL: The queue's URL.
    ///   - entries: The handles of the messages' latest receipts, and for each the time, 0 to 12 h, whole seconds.
    /// - Returns: For each entry, by position, `nil` if it was changed, or why not.
    /// - Throws: ``AWSError`` where the batch as a whole failed: some may have been changed all the same.
    public func changeMessageVisibilityBatch(
        queueURL: String, entries: [(receiptHandle: String, visibilityTimeout: Duration)]
    ) async throws(AWSError) -> [BatchEntryError?] {
        try await call("ChangeMessageVisibilityBatch", capacity: 4096) { writer in
            writer.key("QueueUrl")
            writer.string(queueURL)
            writer.key("Entries")
            writer.beginArray()
            for (position, entry) in entries.enumerated() {
                writer.beginObject()
                writer.key("Id")
                writer.decimalString(position)
                writer.key("ReceiptHandle")
                writer.string(entry.receiptHandle)
                writer.key("VisibilityTimeout")
                writer.integer(entry.visibilityTimeout.components.seconds)
                writer.endObject()
            }
            writer.endArray()
        } output: { root throws(ResponseMismatch) in
            root.batchFailures(count: entries.count)
        }
    }
}
