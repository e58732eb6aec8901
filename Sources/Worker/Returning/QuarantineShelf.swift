import AWSCore

/// The table's quarantine, a partition a day.
protocol QuarantineShelf: Sendable {
    /// One page of a day's items, in the order of their keys, from after a key on.
    func page(of day: String, after key: [String: AttributeValue]?) async throws(AWSError) -> DynamoDBPage

    /// Deletes an item.
    func delete(_ key: [String: AttributeValue]) async throws(AWSError)
}

extension DynamoDBTable: QuarantineShelf {
    func page(of day: String, after key: [String: AttributeValue]?) async throws(AWSError) -> DynamoDBPage {
        var query = DynamoDBQuery(
            table: name, keyCondition: "\(Self.partitionKey) = :day", values: [":day": .string("q#\(day)")])
        query.exclusiveStartKey = key
        return try await client.query(query)
    }

    func delete(_ key: [String: AttributeValue]) async throws(AWSError) {
        try await client.deleteItem(table: name, key: key)
    }
}
