extension SQSClient {
    /// Attributes of a queue.
    ///
    /// - Parameters:
    ///   - queueURL: The queue's URL.
    ///   - names: AWS's names, such as `ApproximateNumberOfMessages`, or `All`.
    /// - Returns: The values by name; one that is not set is left out.
    /// - Throws: ``AWSError``.
    public func getQueueAttributes(
        queueURL: String, names: [String] = ["All"]
    ) async throws(AWSError) -> [String: String] {
        try await call("GetQueueAttributes") { writer in
            writer.key("QueueUrl")
            writer.string(queueURL)
            writer.key("AttributeNames")
            writer.beginArray()
            for name in names { writer.string(name) }
            writer.endArray()
        } output: { root throws(ResponseMismatch) in
            var attributes: [String: String] = [:]
            for (key, value) in root["Attributes"]?.members ?? JSONValue.noMembers {
                attributes[String(decoding: key, as: UTF8.self)] = value.string
            }
            return attributes
        }
    }

    /// Sets attributes of a queue; those not named stay as they are.
    ///
    /// - Parameters:
    ///   - queueURL: The queue's URL.
    ///   - attributes: Attributes by AWS's names, with their values as strings.
    /// - Throws: ``AWSError``.
    public func setQueueAttributes(queueURL: String, attributes: [String: String]) async throws(AWSError) {
        try await call("SetQueueAttributes") { writer in
            writer.key("QueueUrl")
            writer.string(queueURL)
            writer.stringMap("Attributes", attributes)
        } output: { _ throws(ResponseMismatch) in
        }
    }
}
