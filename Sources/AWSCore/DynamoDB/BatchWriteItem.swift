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
        let capacity = puts.reduce(256) { $0 + $1.json.count + 32 }
        return try await call("BatchWriteItem", capacity: capacity) { writer in
            writer.key("RequestItems")
            writer.beginObject()
            writer.key(escaping: table)
            writer.beginArray()
            for put in puts {
                writer.beginObject()
                writer.key("PutRequest")
                writer.beginObject()
                writer.key("Item")
                writer.raw(put.json)
                writer.endObject()
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        } output: { root throws(ResponseMismatch) in
            // Always there, if empty: an answer without it must not count as everything written.
            guard let tables = root["UnprocessedItems"] else { throw ResponseMismatch("no UnprocessedItems") }
            guard let unprocessed = tables.member(named: table) else { return [] }
            return try Self.positions(of: unprocessed, in: puts, keyAttributes: keyAttributes)
        }
    }

    private static func positions(
        of unprocessed: JSONValue, in puts: [EncodedItem], keyAttributes: [String]
    ) throws(ResponseMismatch) -> [Int] {
        var positions: [[UInt8]: Int] = [:]
        let parser = JSONParser()
        for (position, put) in puts.enumerated() {
            let key = try? parser.parse(put.json) { Self.key(of: $0, keyAttributes) }
            if let key { positions[key] = position }
        }
        var found: [Int] = []
        for request in unprocessed.elements {
            guard let item = request["PutRequest"]?["Item"], let position = positions[key(of: item, keyAttributes)]
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
