import AWSCore

/// The table's quarantine, a partition a day.
protocol QuarantineShelf: Sendable {
    /// One page of a day's items, in the order of their keys, from after a key on.
    func page(of day: String, after key: [String: AttributeValue]?) async throws(AWSError) -> DynamoDBPage

    /// How many items a day has, or at least `enough`: parts of refusals, of which nearly all have one.
    func count(of day: String, upTo enough: Int) async throws(AWSError) -> Int

    /// Deletes the parts of a refusal, in one call: a replay that is killed leaves no half of it.
    func delete(_ keys: [[String: AttributeValue]]) async throws(AWSError)
}

extension DynamoDBTable: QuarantineShelf {
    func page(of day: String, after key: [String: AttributeValue]?) async throws(AWSError) -> DynamoDBPage {
        var query = query(of: day)
        query.exclusiveStartKey = key
        return try await client.query(query)
    }

    func count(of day: String, upTo enough: Int) async throws(AWSError) -> Int {
        try await client.count(query(of: day), upTo: enough)
    }

    private func query(of day: String) -> DynamoDBQuery {
        DynamoDBQuery(
            table: name, keyCondition: "\(Self.partitionKey) = :day", values: [":day": .string("q#\(day)")])
    }

    func delete(_ keys: [[String: AttributeValue]]) async throws(AWSError) {
        // What a throttled table has not got to is tried again with the waits of a single call.
        for position in try await client.batchWriteItem(table: name, deletes: keys) {
            try await client.deleteItem(table: name, key: keys[position])
        }
    }
}
