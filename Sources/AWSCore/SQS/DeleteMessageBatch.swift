extension SQSClient {
    /// Deletes up to ten messages.
    ///
    /// - Parameters:
    ///   - queueURL: The queue's URL.
    ///   - receiptHandles: The handles of the messages' latest receipts.
    /// - Returns: For each handle, by position, `nil` if it was deleted, or why not.
    /// - Throws: ``AWSError`` where the batch as a whole failed: some may have been deleted all the same.
    public func deleteMessageBatch(
        queueURL: String, receiptHandles: [String]
    ) async throws(AWSError) -> [BatchEntryError?] {
        try await call("DeleteMessageBatch", capacity: 4096) { writer in
            writer.key("QueueUrl")
            writer.string(queueURL)
            writer.key("Entries")
            writer.beginArray()
            for (position, receiptHandle) in receiptHandles.enumerated() {
                writer.beginObject()
                writer.key("Id")
                writer.decimalString(position)
                writer.key("ReceiptHandle")
                writer.string(receiptHandle)
                writer.endObject()
            }
            writer.endArray()
        } output: { root throws(ResponseMismatch) in
            root.batchFailures(count: receiptHandles.count)
        }
    }
}
