extension DynamoDBClient {
    /// Puts up to 25 items, at most 16 MB together, no two with the same key.
    ///
    /// - Parameters:
    ///   - table: The table's name.
    ///   - puts: The items.
    ///   - keyAttributes: The names of the table's key attributes, by which unprocessed items are known again.
    /// - Returns: The positions of the items that DynamoDB did not get to (`UnprocessedItems`): to be put again, after
    ///   a pause. All others are written.
    /// - Throws: ``AWSError`` where the call as a whole failed: some may have been written all the same.
    public func batchWriteItem(
        table: String, puts: [EncodedItem], keyAttributes: [String]
    ) async throws(AWSError) -> [Int] {
        try await batchWriteItem(table, .put, puts, keyAttributes)
    }

    /// Deletes up to 25 items, whether they are there or not.
    ///
    /// - Parameters:
    ///   - table: The table's name.
    ///   - deletes: The items' keys, no two the same.
    /// - Returns: The positions of the keys that DynamoDB did not get to (`UnprocessedItems`). All others are deleted.
    /// - Throws: ``AWSError`` where the call as a whole failed: some may have been deleted all the same.
    public func batchWriteItem(
        table: String, deletes: [[String: AttributeValue]]
    ) async throws(AWSError) -> [Int] {
        try await batchWriteItem(table, .delete, deletes.map { EncodedItem($0) }, deletes.first?.keys.sorted() ?? [])
    }

    /// What is asked for, and the member with the item or its key.
    private struct Kind {
        let request: StaticString
        let member: StaticString

        static let put = Kind(request: "PutRequest", member: "Item")
        static let delete = Kind(request: "DeleteRequest", member: "Key")
    }

    private func batchWriteItem(
        _ table: String, _ kind: Kind, _ items: [EncodedItem], _ keyAttributes: [String]
    ) async throws(AWSError) -> [Int] {
        let capacity = items.reduce(256) { $0 + $1.json.count + 32 }
        return try await call("BatchWriteItem", capacity: capacity) { writer in
            writer.key("RequestItems")
            writer.beginObject()
            writer.key(escaping: table)
            writer.beginArray()
            for item in items {
                writer.beginObject()
                writer.key(kind.request)
                writer.beginObject()
                writer.key(kind.member)
                writer.raw(item.json)
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        } output: { root throws(ResponseMismatch) in
            // Always there, if empty: an answer without it must not count as everything written.
            guard let tables = root["UnprocessedItems"] else { throw ResponseMismatch("no UnprocessedItems") }
            guard let unprocessed = tables.member(named: table) else { return [] }
            return try Self.positions(of: unprocessed, kind, in: items, keyAttributes)
        }
    }

    private static func positions(
        of unprocessed: JSONValue, _ kind: Kind, in items: [EncodedItem], _ keyAttributes: [String]
    ) throws(ResponseMismatch) -> [Int] {
        var positions: [[UInt8]: Int] = [:]
        let parser = JSONParser()
        for (position, item) in items.enumerated() {
            let key = try? parser.parse(item.json) { Self.key(of: $0, keyAttributes) }
            if let key { positions[key] = position }
        }
        var found: [Int] = []
        for request in unprocessed.elements {
            guard let item = request[kind.request]?[kind.member],
                let position = positions[key(of: item, keyAttributes)]
            else { throw ResponseMismatch("UnprocessedItems holds an item that was not sent") }
            found.append(position)
        }
        return found.sorted()
    }

    /// The key's values as bytes that are equal where the keys are.
    private static func key(of item: JSONValue, _ keyAttributes: [String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for name in keyAttributes {
            item.member(named: name)?.write(to: &bytes)
            bytes.append(0)
        }
        return bytes
    }
}
