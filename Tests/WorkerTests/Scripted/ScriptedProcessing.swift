import AWSCore

@testable import Beacons
@testable import Worker

/// A message's body is a list of keys with commas, an item each; `v2` is a message of an unknown version.
struct ScriptedProcessing: Processing {
    func process(_ message: SQSMessage) -> Processed {
        let body = String(decoding: message.body, as: UTF8.self)
        if body == "v2" { return .unknownVersion }
        var processed = ProcessedMessage()
        processed.items = body.split(separator: ",").map { .test(String($0)) }
        processed.storedEvents = processed.items.count
        return .items(processed)
    }

    func quarantine(_ message: SQSMessage, refused: [(item: Item, reason: String)]) -> [Item] {
        refused.map { .test("\($0.item.sortKey)", partition: "q", kind: .quarantine) }
    }
}

extension Item {
    static func test(_ key: String, partition: String = "e", size: Int = 0, kind: Kind = .event) -> Item {
        let filler = String(repeating: "x", count: size)
        return Item(
            kind: kind, partitionKey: partition, sortKey: key,
            json: Array(#"{"pk":{"S":"\#(partition)"},"sk":{"S":"\#(key)"},"f":{"S":"\#(filler)"}}"#.utf8))
    }
}
