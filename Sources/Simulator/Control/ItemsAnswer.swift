import AWSCore

/// A table's items with their history, one a line, in the order of their keys within a partition.
///
/// The query says `table`; `prefix`, of the partition key; `bodies=1` for the items too.
enum ItemsAnswer {
    static func render(_ service: DynamoDBService, _ query: Control.Query) -> Answer {
        guard let table = query["table"].flatMap({ service.table(named: $0) }) else {
            return Control.refusal(404, "no such table")
        }
        let prefix = Array((query["prefix"] ?? "").utf8)
        let hasBodies = query["bodies"] == "1"
        var bytes: [UInt8] = []
        for entry in table.history(prefix: prefix) {
            var json = JSONWriter(capacity: 256 + (hasBodies ? entry.item.json.count : 0))
            json.beginObject()
            json.key("pk")
            json.string(String(decoding: entry.key.partition.bytes, as: UTF8.self))
            json.key("sk")
            json.string(String(decoding: entry.key.sort.bytes, as: UTF8.self))
            json.key("writes")
            json.integer(entry.item.writes)
            json.key("changes")
            json.integer(entry.item.changes)
            json.key("size")
            json.integer(entry.item.size)
            if hasBodies {
                json.key("item")
                json.raw(entry.item.json)
            }
            json.endObject()
            bytes += json.bytes
            bytes.append(UInt8(ascii: "\n"))
        }
        var answer = Answer(bytes)
        answer.contentType = "application/x-ndjson"
        return answer
    }
}

extension Table {
    /// The items whose partition key begins so, each with its keys as bytes (text, where the keys are strings).
    func history(prefix: [UInt8] = []) -> [(key: Schema.ItemKey, item: TableState.StoredItem)] {
        withState { state in
            var entries: [(Schema.ItemKey, TableState.StoredItem)] = []
            for partition in state.partitionKeys where partition.bytes.starts(with: prefix) {
                for sort in state.sortKeys(of: partition) {
                    let key = Schema.ItemKey(partition: partition, sort: sort)
                    if let item = state.item(key) { entries.append((key, item)) }
                }
            }
            return entries
        }
    }
}
