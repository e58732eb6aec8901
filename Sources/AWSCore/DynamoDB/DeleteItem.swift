extension DynamoDBClient {
    /// Deletes an item; that there is none is no error.
    ///
    /// - Parameters:
    ///   - table: The table's name.
    ///   - key: The key's attributes.
    /// - Throws: ``AWSError``.
    public func deleteItem(table: String, key: [String: AttributeValue]) async throws(AWSError) {
        try await call("DeleteItem") { writer in
            writer.key("TableName")
            writer.string(table)
            writer.key("Key")
            AttributeValue.write(key, to: &writer)
        } output: { _ throws(ResponseMismatch) in
        }
    }
}
