extension DynamoDBClient {
    /// Gets an item.
    ///
    /// - Parameters:
    ///   - table: The table's name.
    ///   - key: The key's attributes by name.
    ///   - consistentRead: Whether the answer must reflect every write that succeeded before.
    /// - Returns: The item's attributes by name; `nil` where there is none.
    /// - Throws: ``AWSError``.
    public func getItem(
        table: String, key: [String: AttributeValue], consistentRead: Bool = false
    ) async throws(AWSError) -> [String: AttributeValue]? {
        try await call("GetItem") { writer in
            writer.key("TableName")
            writer.string(table)
            writer.key("Key")
            AttributeValue.write(key, to: &writer)
            writer.key("ConsistentRead")
            writer.bool(consistentRead)
        } output: { root throws(ResponseMismatch) in
            guard let item = root["Item"] else { return nil }
            return try AttributeValue.attributes(item)
        }
    }
}
