import AWSCore
import Testing

@Suite("DynamoDB")
struct DynamoDBClientTests {
    private func sent(_ transport: ScriptedTransport) -> String {
        String(decoding: transport.requests.last?.body ?? [], as: UTF8.self)
    }

    private func item(_ sk: String) -> EncodedItem {
        EncodedItem(["pk": .string("p"), "sk": .string(sk), "n": .number("1")])
    }

    @Test("BatchWriteItem sends items as they are, and tells which were not processed, whatever their order")
    func batch() async throws {
        let answer = """
            {"UnprocessedItems":{"beacons":[
             {"PutRequest":{"Item":{"n":{"N":"1"},"sk":{"S":"c"},"pk":{"S":"p"}}}},
             {"PutRequest":{"Item":{"sk":{"S":"a"},"pk":{"S":"p"},"n":{"N":"1"}}}}]}}
            """
        let transport = ScriptedTransport([.json(200, answer), .json(200, #"{"UnprocessedItems":{}}"#)])
        let client = DynamoDBClient(scriptedClient(.dynamoDB, transport))
        let items = ["a", "b", "c"].map(item)
        let left = try await client.batchWriteItem(table: "beacons", puts: items, keyAttributes: ["pk", "sk"])
        #expect(left == [0, 2])
        let done = try await client.batchWriteItem(table: "beacons", puts: [items[0]], keyAttributes: ["pk", "sk"])
        #expect(done.isEmpty)
        #expect(
            sent(transport) == #"{"RequestItems":{"beacons":[{"PutRequest":{"Item":"#
                + #"{"n":{"N":"1"},"pk":{"S":"p"},"sk":{"S":"a"}}}}]}}"#)
    }

    @Test("an unprocessed item that was never sent is an error: nothing may count as written")
    func strangeUnprocessed() async throws {
        let answer = #"{"UnprocessedItems":{"beacons":[{"PutRequest":{"Item":{"pk":{"S":"x"},"sk":{"S":"y"}}}}]}}"#
        let client = DynamoDBClient(scriptedClient(.dynamoDB, ScriptedTransport([.json(200, answer)])))
        let error = await #expect(throws: AWSError.self) {
            try await client.batchWriteItem(table: "beacons", puts: [item("a")], keyAttributes: ["pk", "sk"])
        }
        #expect(error?.code == .badResponse)
    }

    @Test("deletes share a call, and say what DynamoDB has not got to")
    func deletes() async throws {
        let answer = #"{"UnprocessedItems":{"beacons":[{"DeleteRequest":{"Key":{"sk":{"S":"b"},"pk":{"S":"p"}}}}]}}"#
        let strange = #"{"UnprocessedItems":{"beacons":[{"PutRequest":{"Item":{"sk":{"S":"b"},"pk":{"S":"p"}}}}]}}"#
        let transport = ScriptedTransport([.json(200, answer)])
        let keys: [[String: AttributeValue]] = ["a", "b"].map { ["pk": .string("p"), "sk": .string($0)] }
        let left = try await DynamoDBClient(scriptedClient(.dynamoDB, transport))
            .batchWriteItem(table: "beacons", deletes: keys)
        #expect(left == [1])
        #expect(
            sent(transport)
                == #"{"RequestItems":{"beacons":[{"DeleteRequest":{"Key":{"pk":{"S":"p"},"sk":{"S":"a"}}}},"#
                + #"{"DeleteRequest":{"Key":{"pk":{"S":"p"},"sk":{"S":"b"}}}}]}}"#)
        let other = DynamoDBClient(scriptedClient(.dynamoDB, ScriptedTransport([.json(200, strange)])))
        await #expect(throws: AWSError.self) { try await other.batchWriteItem(table: "beacons", deletes: keys) }
    }

    @Test("an answer without UnprocessedItems does not count as everything written", arguments: ["", "{}"])
    func noUnprocessed(body: String) async throws {
        let client = DynamoDBClient(scriptedClient(.dynamoDB, ScriptedTransport([.json(200, body)])))
        let error = await #expect(throws: AWSError.self) {
            try await client.batchWriteItem(table: "beacons", puts: [item("a")], keyAttributes: ["pk", "sk"])
        }
        #expect(error?.code == .badResponse)
    }

    @Test("an answer whose CRC-32 is wrong is asked for again")
    func checksum() async throws {
        // 2745614147 is the CRC-32 of `{}`, as DynamoDB sends it with every empty answer.
        let transport = ScriptedTransport([
            .json(200, "{]", headers: [HTTPHeader("x-amz-crc32", "2745614147")]),
            .json(200, "{}", headers: [HTTPHeader("x-amz-crc32", "2745614147")]),
        ])
        try await DynamoDBClient(scriptedClient(.dynamoDB, transport)).putItem(table: "beacons", item: item("a"))
        #expect(transport.requests.count == 2)
    }

    @Test("items go and come back in every type")
    func types() async throws {
        let attributes: [String: AttributeValue] = [
            "s": .string("é\""), "n": .number("-1.5e3"), "b": .binary([0, 255]), "t": .bool(true), "z": .null,
            "l": .list([.number("1"), .list([])]), "m": .map(["k": .string("")]), "ss": .stringSet(["a", "b"]),
            "ns": .numberSet(["1"]), "bs": .binarySet([[1]]),
        ]
        let body = #"{"Item":"# + String(decoding: EncodedItem(attributes).json, as: UTF8.self) + "}"
        let transport = ScriptedTransport([.json(200, body), .json(200, "{}")])
        let client = DynamoDBClient(scriptedClient(.dynamoDB, transport))
        let key: [String: AttributeValue] = ["pk": .string("p")]
        #expect(try await client.getItem(table: "beacons", key: key, consistentRead: true) == attributes)
        #expect(sent(transport) == #"{"TableName":"beacons","Key":{"pk":{"S":"p"}},"ConsistentRead":true}"#)
        #expect(try await client.getItem(table: "beacons", key: key) == nil)
    }

    @Test("a query goes on page by page")
    func query() async throws {
        let transport = ScriptedTransport([
            .json(200, #"{"Items":[{"n":{"N":"1"}}],"LastEvaluatedKey":{"pk":{"S":"p"}}}"#),
            .json(200, #"{"Items":[{"n":{"N":"2"}}]}"#),
        ])
        let client = DynamoDBClient(scriptedClient(.dynamoDB, transport))
        var query = DynamoDBQuery(table: "beacons", keyCondition: "pk = :p", values: [":p": .string("p")])
        query.projection = "#n"
        query.names = ["#n": "n"]
        var numbers: [Int?] = []
        try await client.queryAll(query) { numbers.append($0["n"]?.integer) }
        #expect(numbers == [1, 2])
        #expect(sent(transport).contains(#""ExclusiveStartKey":{"pk":{"S":"p"}}"#))
        #expect(sent(transport).contains(##""ExpressionAttributeNames":{"#n":"n"},"ProjectionExpression":"#n""##))
    }

    @Test("a query is counted over all its pages, and an answer without a count is none")
    func count() async throws {
        let transport = ScriptedTransport([
            .json(200, #"{"Count":3,"ScannedCount":3,"LastEvaluatedKey":{"pk":{"S":"p"}}}"#),
            .json(200, #"{"Count":4,"ScannedCount":4}"#),
        ])
        let client = DynamoDBClient(scriptedClient(.dynamoDB, transport))
        let query = DynamoDBQuery(table: "beacons", keyCondition: "pk = :p", values: [":p": .string("p")])
        #expect(try await client.count(query) == 7)
        #expect(sent(transport).contains(##""Select":"COUNT""##))
        #expect(sent(transport).contains(#""ExclusiveStartKey":{"pk":{"S":"p"}}"#))
        let other = DynamoDBClient(scriptedClient(.dynamoDB, ScriptedTransport([.json(200, "{}")])))
        await #expect(throws: AWSError.self) { try await other.count(query) }
    }

    @Test("tables are made and described")
    func tables() async throws {
        let description = """
            {"TableName":"beacons","TableStatus":"ACTIVE","BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},
             "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
             "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}]}
            """
        let transport = ScriptedTransport([
            .json(200, #"{"TableDescription":\#(description)}"#), .json(200, #"{"Table":\#(description)}"#),
            .json(200, "{}"),
            .json(200, #"{"TimeToLiveDescription":{"TimeToLiveStatus":"ENABLED","AttributeName":"ttl"}}"#),
        ])
        let client = DynamoDBClient(scriptedClient(.dynamoDB, transport))
        let created = try await client.createTable("beacons", partitionKey: "pk", sortKey: "sk")
        #expect(created == (try await client.describeTable("beacons")))
        #expect(created.status == "ACTIVE" && created.billingMode == "PAY_PER_REQUEST")
        #expect(created.keySchema.map(\.type) == ["HASH", "RANGE"] && created.attributeTypes == ["pk": "S"])
        try await client.updateTimeToLive(table: "beacons", attributeName: "ttl")
        #expect(sent(transport).contains(#""TimeToLiveSpecification":{"Enabled":true,"AttributeName":"ttl"}"#))
        let timeToLive = try await client.describeTimeToLive(table: "beacons")
        #expect(timeToLive.status == "ENABLED" && timeToLive.attributeName == "ttl")
    }
}
