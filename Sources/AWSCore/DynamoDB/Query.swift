/// A query: the items of one partition, or a range of them.
public struct DynamoDBQuery: Sendable {
    /// The table's name.
    public var table: String
    /// The condition on the key, such as `pk = :pk AND begins_with(sk, :prefix)`.
    public var keyCondition: String
    /// The values that the expressions name, with their colons.
    public var values: [String: AttributeValue]
    /// Placeholders for attribute names that are reserved words, with their number signs.
    public var names: [String: String] = [:]
    /// The attributes to return; all if `nil`.
    public var projection: String?
    /// The most items to read; as many as 1 MB holds if `nil`.
    public var limit: Int?
    /// Whether items come in ascending order of the sort key.
    public var scanIndexForward = true
    /// Whether the answer must reflect every write that succeeded before.
    public var consistentRead = false
    /// Where to go on: ``DynamoDBPage/lastEvaluatedKey`` of the page before.
    public var exclusiveStartKey: [String: AttributeValue]?

    /// - Parameters:
    ///   - table: The table's name.
    ///   - keyCondition: The condition on the key.
    ///   - values: The values that the condition names.
    public init(table: String, keyCondition: String, values: [String: AttributeValue]) {
        self.table = table
        self.keyCondition = keyCondition
        self.values = values
    }
}

/// A page of items.
public struct DynamoDBPage: Sendable {
    /// The items' attributes by name.
    public let items: [[String: AttributeValue]]
    /// Where the next page starts; `nil` after the last.
    public let lastEvaluatedKey: [String: AttributeValue]?
}

extension DynamoDBClient {
    /// Reads one page of a query.
    ///
    /// - Parameter query: The query.
    /// - Returns: The page; there are more while it has a ``DynamoDBPage/lastEvaluatedKey``.
    /// - Throws: ``AWSError``.
    public func query(_ query: DynamoDBQuery) async throws(AWSError) -> DynamoDBPage {
        try await page(of: query, isCountOnly: false).page
    }

    /// Counts the items of a query page by page, which is charged as reading them is.
    ///
    /// - Parameters:
    ///   - query: The query; its limit is that of a page.
    ///   - enough: After how many it stops.
    /// - Returns: How many items there are, or at least `enough`.
    /// - Throws: ``AWSError``.
    public func count(_ query: DynamoDBQuery, upTo enough: Int = .max) async throws(AWSError) -> Int {
        var query = query
        var sum = 0
        repeat {
            let (page, count) = try await page(of: query, isCountOnly: true)
            sum += count
            query.exclusiveStartKey = page.lastEvaluatedKey
        } while query.exclusiveStartKey != nil && sum < enough
        return sum
    }

    private func page(
        of query: DynamoDBQuery, isCountOnly: Bool
    ) async throws(AWSError) -> (page: DynamoDBPage, count: Int) {
        try await call("Query") { writer in
            writer.key("TableName")
            writer.string(query.table)
            writer.key("KeyConditionExpression")
            writer.string(query.keyCondition)
            writer.key("ExpressionAttributeValues")
            AttributeValue.write(query.values, to: &writer)
            if !query.names.isEmpty { writer.stringMap("ExpressionAttributeNames", query.names) }
            if let projection = query.projection {
                writer.key("ProjectionExpression")
                writer.string(projection)
            }
            if isCountOnly {
                writer.key("Select")
                writer.string("COUNT")
            }
            if let limit = query.limit {
                writer.key("Limit")
                writer.integer(limit)
            }
            writer.key("ScanIndexForward")
            writer.bool(query.scanIndexForward)
            writer.key("ConsistentRead")
            writer.bool(query.consistentRead)
            if let start = query.exclusiveStartKey {
                writer.key("ExclusiveStartKey")
                AttributeValue.write(start, to: &writer)
            }
        } output: { root throws(ResponseMismatch) in
            var items: [[String: AttributeValue]] = []
            for item in root["Items"]?.elements ?? JSONValue.none {
                items.append(try AttributeValue.attributes(item))
            }
            var last: [String: AttributeValue]?
            if let key = root["LastEvaluatedKey"], key.kind == .object { last = try AttributeValue.attributes(key) }
            let count = root["Count"]?.integer
            if isCountOnly && count == nil { throw ResponseMismatch("the answer has no Count") }
            return (DynamoDBPage(items: items, lastEvaluatedKey: last), Int(clamping: count ?? 0))
        }
    }

    /// Reads all pages of a query.
    ///
    /// - Parameters:
    ///   - query: The query; its limit is that of a page.
    ///   - body: Is handed each item in order.
    /// - Throws: ``AWSError``, or what `body` throws.
    public func queryAll(
        _ query: DynamoDBQuery, _ body: ([String: AttributeValue]) throws -> Void
    ) async throws {
        var query = query
        repeat {
            let page = try await self.query(query)
            for item in page.items { try body(item) }
            query.exclusiveStartKey = page.lastEvaluatedKey
        } while query.exclusiveStartKey != nil
    }
}
