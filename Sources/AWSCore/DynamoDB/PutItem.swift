extension DynamoDBClient {
    /// Puts an item, in the place of one with the same key.
    ///
    /// - Parameters:
    ///   - table: The table's name.
    ///   - item: The item.
    /// - Throws: ``AWSError``.
    public func putItem(table: String, item: EncodedItem) async throws(AWSError) {
        try await call("PutItem", capacity: item.json.count + 128) { writer in
            writer.key("TableName")
            writer.string(table)
            writer.key("Item")
            writer.raw(item.json)
        } output: { _ throws(ResponseMismatch) in
        }
    }
}
