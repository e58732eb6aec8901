import AWSCore

/// GetItem, Query and Scan.
extension DynamoDBService {
    /// A page's items together (DynamoDB developer guide, "Paginating table query results").
    private static let pageLimit = 1_048_576

    func getItem(_ input: JSONValue, _ call: Call) throws -> Answer {
        let table = try table(of: input, call)
        guard let keys = input["Key"] else { throw Schema.mismatch }
        let key = try table.schema.key(of: keys, in: .key)
        let projection = try Projection(input)
        let item = table.withState { $0.item(key) }
        let units = count(bytes: item?.size ?? 0, input)
        var json = JSONWriter(capacity: 256 + (item?.json.count ?? 0))
        json.beginObject()
        if let item {
            json.key("Item")
            json.raw(try projection?.apply(item.json, call.loop.itemParser) ?? item.json)
        }
        if Self.wantsCapacity(input) {
            json.key("ConsumedCapacity")
            Self.write(capacity: units, of: table.name, to: &json)
        }
        json.endObject()
        return Answer(json)
    }

    func query(_ input: JSONValue, _ call: Call) throws -> Answer {
        let table = try table(of: input, call)
        guard input["IndexName"].map(\.isNull) ?? true else {
            throw ServiceError.validation("The table does not have the specified index")
        }
        let condition = try KeyCondition(input, table.schema)
        let isForward = input["ScanIndexForward"]?.bool ?? true
        let start = try startKey(input, table)
        if let start, start.partition != condition.partition {
            throw ServiceError.validation(
                "The provided starting key is outside query boundaries based on provided conditions")
        }
        let page = try Page(input)
        return try table.withState { state in
            let keys = state.sortKeys(of: condition.partition)
            var places = condition.range(in: keys)
            if let start {
                if isForward {
                    let after = keys.firstPlace { start.sort < $0 }
                    places = max(places.lowerBound, after)..<max(places.upperBound, after)
                } else {
                    let before = keys.firstPlace { $0 >= start.sort }
                    places = min(places.lowerBound, before)..<min(places.upperBound, before)
                }
            }
            var gathering = Gathering(page: page, parser: call.loop.itemParser)
            for step in places.indices {
                let place = isForward ? step : places.upperBound - 1 - (step - places.lowerBound)
                guard let item = state.item(.init(partition: condition.partition, sort: keys[place])) else { continue }
                guard try gathering.take(item) else { break }
            }
            return try answer(gathering, input, table)
        }
    }

    func scan(_ input: JSONValue, _ call: Call) throws -> Answer {
        let table = try table(of: input, call)
        let start = try startKey(input, table)
        let page = try Page(input)
        let segments = try input.integer(named: "TotalSegments") ?? 1
        let segment = try input.integer(named: "Segment") ?? 0
        guard segments >= 1, segment >= 0, segment < segments else {
            throw ServiceError.validation("The Segment parameter must be less than TotalSegments")
        }
        return try table.withState { state in
            var gathering = Gathering(page: page, parser: call.loop.itemParser)
            var isReached = start == nil
            scanning: for (place, partition) in state.partitionKeys.enumerated() where place % segments == segment {
                var after = 0
                let keys: [KeyBytes]
                if isReached {
                    keys = state.sortKeys(of: partition)
                } else {
                    guard let start, start.partition == partition else { continue }
                    isReached = true
                    keys = state.sortKeys(of: partition)
                    after = keys.firstPlace { start.sort < $0 }
                }
                for sort in keys[after...] {
                    guard let item = state.item(.init(partition: partition, sort: sort)) else { continue }
                    guard try gathering.take(item) else { break scanning }
                }
            }
            return try answer(gathering, input, table)
        }
    }

    // MARK: Pages

    /// What a page is asked to hold.
    private struct Page {
        let limit: Int?
        let filter: Condition?
        let projection: Projection?
        let isCountOnly: Bool

        init(_ input: JSONValue) throws {
            limit = try input.integer(named: "Limit")
            if let limit, limit < 1 {
                throw ServiceError.validation(
                    "1 validation error detected: Value '\(limit)' at 'limit' failed to satisfy constraint: Member "
                        + "must have value greater than or equal to 1")
            }
            filter = try Condition(input, "FilterExpression")
            projection = try Projection(input)
            isCountOnly = try input.string(named: "Select") == "COUNT"
        }
    }

    /// Gathers a page item by item.
    private struct Gathering {
        let page: Page
        let parser: JSONParser
        var items: [[UInt8]] = []
        var scanned = 0
        var matched = 0
        var bytes = 0
        /// The last item looked at; kept where the page ended before the items did.
        var last: [UInt8]?
        var isCut = false

        init(page: Page, parser: JSONParser) {
            self.page = page
            self.parser = parser
        }

        /// - Returns: Whether there may be more after it.
        mutating func take(_ item: TableState.StoredItem) throws -> Bool {
            if scanned > 0, bytes + item.size > pageLimit {
                isCut = true
                return false
            }
            scanned += 1
            bytes += item.size
            last = item.json
            let matches = try page.filter.map { filter in
                try parser.parse(item.json) { try filter.holds(for: $0) }
            }
            if matches ?? true {
                matched += 1
                if !page.isCountOnly {
                    items.append(try page.projection?.apply(item.json, parser) ?? item.json)
                }
            }
            if scanned == page.limit {
                isCut = true
                return false
            }
            return true
        }
    }

    private func answer(_ gathering: Gathering, _ input: JSONValue, _ table: Table) throws -> Answer {
        let units = count(bytes: gathering.bytes, input)
        var json = JSONWriter(capacity: 256 + gathering.items.reduce(0) { $0 + $1.count + 1 })
        json.beginObject()
        json.key("Count")
        json.integer(gathering.matched)
        if !gathering.page.isCountOnly {
            json.key("Items")
            json.beginArray()
            for item in gathering.items { json.raw(item) }
            json.endArray()
        }
        if gathering.isCut, let last = gathering.last {
            json.key("LastEvaluatedKey")
            json.raw(try Projection(table.schema).apply(last, gathering.parser))
        }
        json.key("ScannedCount")
        json.integer(gathering.scanned)
        if Self.wantsCapacity(input) {
            json.key("ConsumedCapacity")
            Self.write(capacity: units, of: table.name, to: &json)
        }
        json.endObject()
        return Answer(json)
    }

    private func startKey(_ input: JSONValue, _ table: Table) throws -> Schema.ItemKey? {
        guard let start = input["ExclusiveStartKey"], !start.isNull else { return nil }
        do {
            return try table.schema.key(of: start, in: .key)
        } catch let error as ServiceError where error.code == "ValidationException" {
            throw ServiceError.validation("The provided starting key is invalid: \(error.message)")
        }
    }

    /// Counts a read: half a unit for each 4 KiB, a whole one where it is consistent.
    ///
    /// - Returns: Read units.
    private func count(bytes: Int, _ input: JSONValue) -> Double {
        let halves = max(1, (bytes + 4095) / 4096) * (input["ConsistentRead"]?.bool == true ? 2 : 1)
        meter.update { $0.halfReadUnits += halves }
        return Double(halves) / 2
    }
}

/// The attributes that a read asks for.
struct Projection {
    private let names: [String]

    /// The keys of a schema.
    init(_ schema: Schema) {
        names = [schema.partition.name] + (schema.sort.map { [$0.name] } ?? [])
    }

    /// `nil` where the request asks for all.
    init?(_ input: JSONValue) throws {
        guard let text = try input.string(named: "ProjectionExpression") else { return nil }
        var parser = try ExpressionParser(text, input, "ProjectionExpression")
        names = try parser.paths().map { path in
            guard path.count == 1 else {
                throw ServiceError.validation("The simulator projects top-level attributes alone.")
            }
            return path[0]
        }
    }

    /// The item with those attributes alone.
    func apply(_ item: [UInt8], _ parser: JSONParser) throws -> [UInt8] {
        try parser.parse(item) { root in
            var json = JSONWriter(capacity: item.count)
            json.beginObject()
            for name in names {
                guard let value = root.member(named: name) else { continue }
                var bytes: [UInt8] = []
                value.write(to: &bytes)
                json.key(escaping: name)
                json.raw(bytes)
            }
            json.endObject()
            return json.bytes
        }
    }
}
