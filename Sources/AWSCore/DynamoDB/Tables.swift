/// What DynamoDB says of a table.
public struct TableDescription: Sendable, Hashable {
    /// The table's name.
    public let name: String
    /// `CREATING`, `ACTIVE`, `UPDATING`, `DELETING` and others.
    public let status: String
    /// The key's attributes: name and `HASH` or `RANGE`, in that order.
    public let keySchema: [KeyElement]
    /// The types of the key's attributes by name: `S`, `N` or `B`.
    public let attributeTypes: [String: String]
    /// `PAY_PER_REQUEST` or `PROVISIONED`.
    public let billingMode: String

    /// One attribute of a key.
    public struct KeyElement: Sendable, Hashable {
        /// The attribute's name.
        public let name: String
        /// `HASH` for the partition key, `RANGE` for the sort key.
        public let type: String

        /// - Parameters:
        ///   - name: The attribute's name.
        ///   - type: `HASH` or `RANGE`.
        public init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }
}

extension DynamoDBClient {
    /// Creates a table with a partition key and a sort key, both strings, billed on demand. It is not there until
    /// ``describeTable(_:)`` says `ACTIVE`.
    ///
    /// - Parameters:
    ///   - table: The table's name.
    ///   - partitionKey: The partition key's name.
    ///   - sortKey: The sort key's name.
    /// - Returns: The table as it is being made.
    /// - Throws: ``AWSError``; its code is `ResourceInUseException` where there is one of that name.
    @discardableResult
    public func createTable(
        _ table: String, partitionKey: String, sortKey: String
    ) async throws(AWSError) -> TableDescription {
        try await call("CreateTable") { writer in
            writer.key("TableName")
            writer.string(table)
            writer.key("BillingMode")
            writer.string("PAY_PER_REQUEST")
            writer.key("AttributeDefinitions")
            writer.beginArray()
            for name in [partitionKey, sortKey] {
                writer.beginObject()
                writer.key("AttributeName")
                writer.string(name)
                writer.key("AttributeType")
                writer.string("S")
                writer.endObject()
            }
            writer.endArray()
            writer.key("KeySchema")
            writer.beginArray()
            for (name, type) in [(partitionKey, "HASH"), (sortKey, "RANGE")] {
                writer.beginObject()
                writer.key("AttributeName")
                writer.string(name)
                writer.key("KeyType")
                writer.string(type)
                writer.endObject()
            }
            writer.endArray()
        } output: { root throws(ResponseMismatch) in
            try TableDescription(root["TableDescription"])
        }
    }

    /// What DynamoDB says of a table.
    ///
    /// - Parameter table: The table's name.
    /// - Returns: The description.
    /// - Throws: ``AWSError``; its category is ``AWSError/Category/missing`` where there is no such table.
    public func describeTable(_ table: String) async throws(AWSError) -> TableDescription {
        try await call("DescribeTable") { writer in
            writer.key("TableName")
            writer.string(table)
        } output: { root throws(ResponseMismatch) in
            try TableDescription(root["Table"])
        }
    }
}

extension TableDescription {
    init(_ json: JSONValue?) throws(ResponseMismatch) {
        guard let json, let name = json["TableName"]?.string, let status = json["TableStatus"]?.string else {
            throw ResponseMismatch("no table's description")
        }
        self.name = name
        self.status = status
        keySchema = (json["KeySchema"]?.elements ?? JSONValue.none).map { element in
            KeyElement(name: element["AttributeName"]?.string ?? "", type: element["KeyType"]?.string ?? "")
        }
        var types: [String: String] = [:]
        for definition in json["AttributeDefinitions"]?.elements ?? JSONValue.none {
            types[definition["AttributeName"]?.string ?? ""] = definition["AttributeType"]?.string
        }
        attributeTypes = types
        billingMode = json["BillingModeSummary"]?["BillingMode"]?.string ?? "PROVISIONED"
    }
}
