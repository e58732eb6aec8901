import AWSCore

/// CreateTable, DescribeTable, UpdateTimeToLive, DescribeTimeToLive.
extension DynamoDBService {
    func createTable(_ input: JSONValue, _ call: Call) throws -> Answer {
        let name = try input.string(named: "TableName") ?? ""
        guard (3...255).contains(name.utf8.count),
            name.utf8.allSatisfy({ SQSService.isNameCharacter($0) || $0 == UInt8(ascii: ".") })
        else {
            throw ServiceError.validation(
                "1 validation error detected: Value '\(name)' at 'tableName' failed to satisfy constraint: Member must "
                    + "satisfy regular expression pattern: [a-zA-Z0-9_.-]+ and have length between 3 and 255")
        }
        for index in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] as [StaticString] {
            guard try input.elements(named: index).isEmpty else {
                throw ServiceError.validation("The simulator has no secondary indexes.")
            }
        }
        let isOnDemand = try billing(input)
        let table = Table(
            name: name, arn: "arn:aws:dynamodb:\(options.region):\(options.accountId):table/\(name)",
            schema: try schema(input), createdAt: call.now, activeAt: call.now + options.tableCreationTime,
            isOnDemand: isOnDemand)
        guard add(table) else {
            throw ServiceError.dynamoDB("ResourceInUseException", "Table already exists: \(name)")
        }
        return describe(table, as: "TableDescription", at: call.now, isNew: true)
    }

    func describeTable(_ input: JSONValue, _ call: Call) throws -> Answer {
        let name = Self.bareName(try input.string(named: "TableName") ?? "")
        guard let table = table(named: name) else { throw Self.noSuchTable(name) }
        return describe(table, as: "Table", at: call.now, isNew: false)
    }

    func updateTimeToLive(_ input: JSONValue) throws -> Answer {
        let name = Self.bareName(try input.string(named: "TableName") ?? "")
        guard let table = table(named: name) else { throw Self.noSuchTable(name) }
        guard let specification = input["TimeToLiveSpecification"], let isEnabled = specification["Enabled"]?.bool,
            let attribute = try specification.string(named: "AttributeName"), !attribute.isEmpty
        else { throw ServiceError.validation("TimeToLiveSpecification needs Enabled and AttributeName") }
        if isEnabled == (table.ttlAttribute != nil) {
            throw ServiceError.validation("TimeToLive is already \(isEnabled ? "enabled" : "disabled")")
        }
        table.ttlAttribute = isEnabled ? attribute : nil
        var json = JSONWriter()
        json.beginObject()
        json.key("TimeToLiveSpecification")
        json.beginObject()
        json.key("AttributeName")
        json.string(attribute)
        json.key("Enabled")
        json.bool(isEnabled)
        json.endObject()
        json.endObject()
        return Answer(json)
    }

    func describeTimeToLive(_ input: JSONValue) throws -> Answer {
        let name = Self.bareName(try input.string(named: "TableName") ?? "")
        guard let table = table(named: name) else { throw Self.noSuchTable(name) }
        var json = JSONWriter()
        json.beginObject()
        json.key("TimeToLiveDescription")
        json.beginObject()
        json.key("TimeToLiveStatus")
        if let attribute = table.ttlAttribute {
            json.string("ENABLED")
            json.key("AttributeName")
            json.string(attribute)
        } else {
            json.string("DISABLED")
        }
        json.endObject()
        json.endObject()
        return Answer(json)
    }

    // MARK: Steps

    /// - Returns: Whether the table is billed by request.
    private func billing(_ input: JSONValue) throws -> Bool {
        switch try input.string(named: "BillingMode") ?? "PROVISIONED" {
        case "PAY_PER_REQUEST":
            guard input["ProvisionedThroughput"].map(\.isNull) ?? true else {
                throw ServiceError.validation(
                    "One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be "
                        + "specified when BillingMode is PAY_PER_REQUEST")
            }
            return true
        case "PROVISIONED":
            guard input["ProvisionedThroughput"]?.kind == .object else {
                throw ServiceError.validation(
                    "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
                        + "specified when BillingMode is PROVISIONED")
            }
            return false
        default: throw ServiceError.validation("1 validation error detected: Value at 'billingMode' is not valid")
        }
    }

    private func schema(_ input: JSONValue) throws -> Schema {
        var types: [String: AttributeType] = [:]
        for definition in try input.elements(named: "AttributeDefinitions") {
            guard let name = try definition.string(named: "AttributeName"),
                let type = try definition.string(named: "AttributeType").flatMap(AttributeType.init(rawValue:)),
                [.string, .number, .binary].contains(type)
            else { throw ServiceError.validation("AttributeDefinitions must have a name and a type of S, N or B") }
            types[name] = type
        }
        var keys: [Schema.Key] = []
        for (element, kind) in zip(try input.elements(named: "KeySchema"), ["HASH", "RANGE"]) {
            guard let name = try element.string(named: "AttributeName"), element["KeyType"]?.string == kind else {
                throw ServiceError.validation(
                    "Invalid KeySchema: The first KeySchemaElement is not a HASH key type, or the second not RANGE")
            }
            guard let type = types[name] else {
                throw ServiceError.validation(
                    "One or more parameter values were invalid: Some index key attributes are not defined in "
                        + "AttributeDefinitions. Keys: [\(name)], AttributeDefinitions: "
                        + "[\(types.keys.sorted().joined(separator: ", "))]")
            }
            keys.append(Schema.Key(name: name, type: type))
        }
        guard let partition = keys.first else {
            throw ServiceError.validation(
                "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: Member must have "
                    + "length greater than or equal to 1")
        }
        guard types.count == keys.count else {
            throw ServiceError.validation(
                "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly match "
                    + "number of attributes defined in AttributeDefinitions")
        }
        return Schema(partition: partition, sort: keys.count > 1 ? keys[1] : nil)
    }

    private func describe(_ table: Table, as name: StaticString, at now: Timestamp, isNew: Bool) -> Answer {
        let (items, bytes) = table.withState { ($0.itemCount, $0.byteCount) }
        let keys = [(table.schema.partition, "HASH")] + (table.schema.sort.map { [($0, "RANGE")] } ?? [])
        var json = JSONWriter(capacity: 1024)
        json.beginObject()
        json.key(name)
        json.beginObject()
        json.key("TableName")
        json.string(table.name)
        json.key("TableArn")
        json.string(table.arn)
        json.key("TableStatus")
        json.string(isNew || table.activeAt > now ? "CREATING" : "ACTIVE")
        json.key("CreationDateTime")
        json.integer(table.createdAt.seconds)
        json.key("KeySchema")
        json.beginArray()
        for (key, kind) in keys {
            json.beginObject()
            json.key("AttributeName")
            json.string(key.name)
            json.key("KeyType")
            json.string(kind)
            json.endObject()
        }
        json.endArray()
        json.key("AttributeDefinitions")
        json.beginArray()
        for (key, _) in keys {
            json.beginObject()
            json.key("AttributeName")
            json.string(key.name)
            json.key("AttributeType")
            json.string(key.type.rawValue)
            json.endObject()
        }
        json.endArray()
        if table.isOnDemand {
            json.key("BillingModeSummary")
            json.beginObject()
            json.key("BillingMode")
            json.string("PAY_PER_REQUEST")
            json.endObject()
        }
        json.key("ProvisionedThroughput")
        json.beginObject()
        for unit in ["NumberOfDecreasesToday", "ReadCapacityUnits", "WriteCapacityUnits"] as [StaticString] {
            json.key(unit)
            json.integer(0)
        }
        json.endObject()
        json.key("ItemCount")
        json.integer(items)
        json.key("TableSizeBytes")
        json.integer(bytes)
        json.key("DeletionProtectionEnabled")
        json.bool(false)
        json.endObject()
        json.endObject()
        return Answer(json)
    }

    private static func noSuchTable(_ name: String) -> ServiceError {
        .dynamoDB("ResourceNotFoundException", "Requested resource not found: Table: \(name) not found")
    }
}
