import AWSCore

@testable import Beacons
@testable import Worker

/// A message's body is a list of keys with commas, an item each; a `|` ends a slice; `v2` is a message of an unknown
/// version.
struct ScriptedProcessing: Processing {
    func process(_ message: SQSMessage, from: Int) -> Processed {
        let body = String(decoding: message.body, as: UTF8.self)
        if body == "v2" { return .unknownVersion }
        var processed = ProcessedMessage()
        let slices = body.split(separator: "|").map { $0.split(separator: ",").map { Item.test(String($0)) } }
        processed.items = slices[from]
        processed.next = from + 1 < slices.count ? from + 1 : nil
        processed.storedEvents = slices.reduce(0) { $0 + $1.count }
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
