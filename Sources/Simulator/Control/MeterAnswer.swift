import AWSCore

/// The meter as JSON.
enum MeterAnswer {
    static func render(_ counts: Meter.Counts) -> Answer {
        var json = JSONWriter(capacity: 2048)
        json.beginObject()
        json.key("requests")
        json.beginObject()
        for operation in Operation.allCases where counts.requests(of: operation) > 0 {
            json.key(escaping: operation.rawValue)
            json.integer(counts.requests(of: operation))
        }
        json.endObject()
        json.key("errors")
        json.beginObject()
        for operation in Operation.allCases where counts.errors(of: operation) > 0 {
            json.key(escaping: operation.rawValue)
            json.integer(counts.errors(of: operation))
        }
        json.endObject()
        json.key("sqs")
        json.beginObject()
        let messages: [(StaticString, Int)] = [
            ("billed_requests", counts.billedSQSRequests), ("messages_sent", counts.messagesSent),
            ("distinct_messages", counts.distinctMessages), ("messages_delivered", counts.messagesDelivered),
            ("duplicates_delivered", counts.duplicatesDelivered), ("messages_deleted", counts.messagesDeleted),
            ("messages_dead", counts.messagesDead), ("visibility_changes", counts.visibilityChanges),
        ]
        for (name, count) in messages {
            json.key(name)
            json.integer(count)
        }
        json.endObject()
        json.key("dynamodb")
        json.beginObject()
        let items: [(StaticString, Int)] = [
            ("write_units", counts.writeUnits), ("items_written", counts.itemsWritten),
            ("items_rewritten", counts.itemsRewritten), ("items_changed", counts.itemsChanged),
            ("items_unprocessed", counts.itemsUnprocessed), ("item_bytes", counts.itemBytes),
        ]
        for (name, count) in items {
            json.key(name)
            json.integer(count)
        }
        json.key("read_units")
        json.raw(Array("\(Double(counts.halfReadUnits) / 2)".utf8))
        json.endObject()
        json.key("dollars")
        json.beginObject()
        json.key("sqs")
        json.raw(Array("\(counts.sqsDollars)".utf8))
        json.key("dynamodb")
        json.raw(Array("\(counts.dynamoDBDollars)".utf8))
        json.key("total")
        json.raw(Array("\(counts.sqsDollars + counts.dynamoDBDollars)".utf8))
        json.endObject()
        json.endObject()
        return Answer(json)
    }
}
