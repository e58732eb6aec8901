extension SQSClient {
    /// The URL of a queue.
    ///
    /// - Parameter name: The queue's name.
    /// - Returns: The queue's URL.
    /// - Throws: ``AWSError``; its category is ``AWSError/Category/missing`` where there is no such queue.
    public func getQueueURL(name: String) async throws(AWSError) -> String {
        try await call("GetQueueUrl") { writer in
            writer.key("QueueName")
            writer.string(name)
        } output: { root throws(ResponseMismatch) in
            try root.queueURL
        }
    }
}
