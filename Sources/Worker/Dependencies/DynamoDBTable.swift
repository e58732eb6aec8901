import AWSCore

/// A table of DynamoDB with the key `pk`, `sk`.
struct DynamoDBTable: ItemTable {
    static let partitionKey = "pk"
    static let sortKey = "sk"
    static let timeToLive = "ttl"

    let name: String
    let client: DynamoDBClient

    func write(_ items: [EncodedItem]) async throws(AWSError) -> [Int] {
        try await client.batchWriteItem(
            table: name, puts: items, keyAttributes: [Self.partitionKey, Self.sortKey])
    }

    func probe() async throws(AWSError) {
        do throws(AWSError) {
            _ = try await client.describeTable(name)
        } catch {
            // Whoever may write need not be allowed to describe: the first write tells.
            if error.category == .refused, error.code != .noCredentials, error.status != nil { return }
            throw error
        }
    }
}
