extension SQSClient {
    /// Creates a queue; one of that name with the same attributes is no error.
    ///
    /// - Parameters:
    ///   - name: The queue's name, up to 80 letters, digits, hyphens and underscores.
    ///   - attributes: Attributes by AWS's names, such as `VisibilityTimeout`, with their values as strings.
    /// - Returns: The queue's URL.
    /// - Throws: ``AWSError``; its code is `QueueNameExists` where one with other attributes exists.
    public func createQueue(name: String, attributes: [String: String] = [:]) async throws(AWSError) -> String {
        try await call("CreateQueue") { writer in
            writer.key("QueueName")
            writer.string(name)
            if !attributes.isEmpty { writer.stringMap("Attributes", attributes) }
        } output: { root throws(ResponseMismatch) in
            try root.queueURL
        }
    }
}

extension JSONWriter {
    /// Writes a map of strings under a key, its own keys in order, so that equal maps are equal bytes.
    mutating func stringMap(_ name: StaticString, _ map: [String: String]) {
        key(name)
        beginObject()
        for (name, value) in map.sorted(by: { $0.key < $1.key }) {
            key(escaping: name)
            string(value)
        }
        endObject()
    }
}

extension JSONValue {
    var queueURL: String {
        get throws(ResponseMismatch) {
            guard let url = self["QueueUrl"]?.string else { throw ResponseMismatch("no QueueUrl") }
            return url
        }
    }
}
