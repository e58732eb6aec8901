import AWSCore

/// BatchWriteItem and PutItem: the hot path. An item's bytes are kept as sent; only its keys and its size are read.
extension DynamoDBService {
    /// The most bytes of an item (DynamoDB developer guide, "Quotas").
    static let itemLimit = 409_600

    /// A write of a batch, checked, not done.
    private struct Write {
        let key: Schema.ItemKey
        let size: Int
        let range: Range<Int>
        let isDelete: Bool
    }

    func batchWriteItem(_ input: JSONValue, _ bytes: UnsafeRawBufferPointer, _ call: Call) throws -> Answer {
        guard let requests = input["RequestItems"], requests.kind == .object else {
            throw ServiceError.validation(
                "1 validation error detected: Value null at 'requestItems' failed to satisfy constraint: Member must "
                    + "not be null")
        }
        // Root, RequestItems, the table's array, the entry, PutRequest, Item: each item opens as the sixth container.
        let ranges = RawJSON.containers(atDepth: 6, in: bytes)
        var batches: [(table: Table, writes: [Write])] = []
        var count = 0
        for (name, entries) in requests.members {
            let table = try table(named: String(decoding: name, as: UTF8.self), at: call.now)
            guard entries.kind == .array else { throw ServiceError.serialization }
            var writes: [Write] = []
            writes.reserveCapacity(25)
            for entry in entries.elements {
                guard count < 25, count < ranges.count else {
                    throw ServiceError.validation("Too many items requested for the BatchWriteItem call")
                }
                writes.append(try write(entry, of: table.schema, at: ranges[count]))
                count += 1
            }
            guard Set(writes.map(\.key)).count == writes.count else {
                throw ServiceError.validation("Provided list of item keys contains duplicates")
            }
            batches.append((table, writes))
        }
        guard count > 0 else {
            throw ServiceError.validation(
                "1 validation error detected: Value '{}' at 'requestItems' failed to satisfy constraint: Member must "
                    + "have length greater than or equal to 1")
        }
        for batch in batches { try refuse(batch.writes.map(\.range), in: bytes, call.plan) }
        var random = call.plan.random
        var unprocessed: [(table: String, writes: [Write])] = []
        var units: [(table: String, units: Int)] = []
        for (table, writes) in batches {
            var done = writes
            if call.plan.unprocessedShare > 0 {
                let left = writes.filter { _ in random.happens(call.plan.unprocessedShare) }
                if !left.isEmpty { unprocessed.append((table.name, left)) }
                done = writes.filter { write in !left.contains { $0.range == write.range } }
            }
            units.append((table.name, apply(done, to: table, bytes)))
        }
        let left = unprocessed.reduce(0) { $0 + $1.writes.count }
        if left > 0 { meter.update { $0.itemsUnprocessed += left } }
        return answer(unprocessed: unprocessed, units: units, input, bytes)
    }

    func putItem(_ input: JSONValue, _ bytes: UnsafeRawBufferPointer, _ call: Call) throws -> Answer {
        let table = try table(of: input, call)
        guard let item = input["Item"], let range = RawJSON.container(ofMember: "Item", in: bytes) else {
            throw ServiceError.validation(
                "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be "
                    + "null")
        }
        let size = try size(item)
        let key = try table.schema.key(of: item, in: .item)
        try refuse([range], in: bytes, call.plan)
        let condition = try Condition(input, "ConditionExpression")
        let old = try check(condition, on: key, of: table, call)
        let units = apply([Write(key: key, size: size, range: range, isDelete: false)], to: table, bytes)
        return try answer(old: old, input, units: units, table: table)
    }

    func deleteItem(_ input: JSONValue, _ call: Call) throws -> Answer {
        let table = try table(of: input, call)
        guard let keys = input["Key"] else { throw Schema.mismatch }
        let key = try table.schema.key(of: keys, in: .key)
        let condition = try Condition(input, "ConditionExpression")
        let old = try check(condition, on: key, of: table, call)
        let units = apply(
            [Write(key: key, size: 0, range: 0..<0, isDelete: true)], to: table,
            UnsafeRawBufferPointer(start: nil, count: 0))
        return try answer(old: old, input, units: units, table: table)
    }

    // MARK: Steps

    private func write(_ entry: JSONValue, of schema: Schema, at range: Range<Int>) throws -> Write {
        if let item = entry["PutRequest"]?["Item"] {
            let size = try size(item)
            return Write(key: try schema.key(of: item, in: .item), size: size, range: range, isDelete: false)
        }
        if let key = entry["DeleteRequest"]?["Key"] {
            return Write(key: try schema.key(of: key, in: .key), size: 0, range: range, isDelete: true)
        }
        throw ServiceError.validation(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
                + "datatypes")
    }

    private func size(_ item: JSONValue) throws -> Int {
        let size = try AttributeSize.item(item)
        guard size <= Self.itemLimit else {
            throw ServiceError.validation("Item size has exceeded the maximum allowed size")
        }
        return size
    }

    /// Writes, and counts what it costs.
    ///
    /// - Returns: Write units.
    private func apply(_ writes: [Write], to table: Table, _ bytes: UnsafeRawBufferPointer) -> Int {
        var counts = (units: 0, written: 0, same: 0, other: 0, bytes: 0)
        if options.storesItems {
            // Copied outside the lock.
            let copies = writes.map { $0.isDelete ? [] : [UInt8](bytes[$0.range]) }
            table.withState { state in
                for (write, copy) in zip(writes, copies) {
                    if write.isDelete {
                        let old = state.delete(write.key)
                        counts.units += Self.units(old?.size ?? 0)
                        continue
                    }
                    let previous = state.put(write.key, json: copy, size: write.size)
                    switch previous {
                    case .none: break
                    case .same: counts.same += 1
                    case .other: counts.other += 1
                    }
                    // AWS bills the larger of the old and the new item.
                    counts.units += Self.units(max(write.size, previous.size))
                    counts.written += 1
                    counts.bytes += write.size
                }
            }
        } else {
            for write in writes {
                counts.units += Self.units(write.size)
                counts.written += write.isDelete ? 0 : 1
                counts.bytes += write.size
            }
        }
        let total = counts
        meter.update { meter in
            meter.writeUnits += total.units
            meter.itemsWritten += total.written
            meter.itemsRewritten += total.same
            meter.itemsChanged += total.other
            meter.itemBytes += total.bytes
        }
        return total.units
    }

    /// Write units of an item: 1 KiB each, one at least.
    static func units(_ size: Int) -> Int {
        max(1, (size + 1023) / 1024)
    }

    private func refuse(_ items: [Range<Int>], in bytes: UnsafeRawBufferPointer, _ plan: FaultPlan) throws {
        for (place, text) in plan.refusedTexts {
            for range in items where bytes.contains(text, in: range) {
                faults.count(place: place)
                throw ServiceError.validation("One or more parameter values were invalid: refused by a fault")
            }
        }
    }

    /// - Returns: The item that was there.
    private func check(
        _ condition: Condition?, on key: Schema.ItemKey, of table: Table, _ call: Call
    ) throws -> TableState.StoredItem? {
        let old = table.withState { $0.item(key) }
        guard let condition else { return old }
        let holds: Bool
        if let old {
            holds = try call.loop.itemParser.parse(old.json) { try condition.holds(for: $0) }
        } else {
            holds = try condition.holds(for: nil)
        }
        guard holds else {
            throw ServiceError.dynamoDB("ConditionalCheckFailedException", "The conditional request failed")
        }
        return old
    }

    // MARK: Answers

    private func answer(
        unprocessed: [(table: String, writes: [Write])], units: [(table: String, units: Int)], _ input: JSONValue,
        _ bytes: UnsafeRawBufferPointer
    ) -> Answer {
        var json = JSONWriter(capacity: unprocessed.isEmpty ? 64 : bytes.count + 64)
        json.beginObject()
        json.key("UnprocessedItems")
        json.beginObject()
        for (table, writes) in unprocessed {
            json.key(escaping: table)
            json.beginArray()
            for write in writes {
                json.beginObject()
                json.key(write.isDelete ? "DeleteRequest" : "PutRequest")
                json.beginObject()
                json.key(write.isDelete ? "Key" : "Item")
                json.raw(bytes[write.range])
                json.endObject()
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
        if Self.wantsCapacity(input) {
            json.key("ConsumedCapacity")
            json.beginArray()
            for (table, units) in units { Self.write(capacity: Double(units), of: table, to: &json) }
            json.endArray()
        }
        json.endObject()
        return Answer(json)
    }

    private func answer(
        old: TableState.StoredItem?, _ input: JSONValue, units: Int, table: Table
    ) throws -> Answer {
        let returned = try input.string(named: "ReturnValues") ?? "NONE"
        guard ["NONE", "ALL_OLD"].contains(returned) else {
            throw ServiceError.validation("Return values set to invalid value")
        }
        var json = JSONWriter()
        json.beginObject()
        if let old, returned == "ALL_OLD" {
            json.key("Attributes")
            json.raw(old.json)
        }
        if Self.wantsCapacity(input) {
            json.key("ConsumedCapacity")
            Self.write(capacity: Double(units), of: table.name, to: &json)
        }
        json.endObject()
        return Answer(json)
    }

    static func wantsCapacity(_ input: JSONValue) -> Bool {
        switch input["ReturnConsumedCapacity"]?.string {
        case nil, "NONE": false
        default: true
        }
    }

    static func write(capacity: Double, of table: String, to json: inout JSONWriter) {
        json.beginObject()
        json.key("TableName")
        json.string(table)
        json.key("CapacityUnits")
        json.raw(Array("\(capacity)".utf8))
        json.endObject()
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes of a range hold a text.
    fileprivate func contains(_ text: [UInt8], in range: Range<Int>) -> Bool {
        guard let first = text.first, range.count >= text.count else { return false }
        return (range.lowerBound...range.upperBound - text.count).contains { start in
            self[start] == first && self[start..<start + text.count].elementsEqual(text)
        }
    }
}
