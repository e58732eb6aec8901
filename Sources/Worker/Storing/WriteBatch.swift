import AWSCore
import Beacons

/// One item of a write.
struct Pending: Sendable {
    let write: Write
    let position: Int

    var item: Item { write.items[position] }
}

/// The items of one BatchWriteItem call: at most 25, no two with the same key, bounded in bytes.
struct WriteBatch: Sendable {
    /// Far below DynamoDB's 16 MB: several calls are in memory at once.
    static let maxSize = ByteCount.mebibytes(4)

    private struct Key: Hashable {
        let partition: String
        let sort: String
    }

    private(set) var items: [Pending] = []
    private var keys: Set<Key> = []
    private var size = 0

    var isEmpty: Bool { items.isEmpty }
    var isFull: Bool { items.count == dynamoDBMaxBatchPuts }

    /// - Returns: Whether the item was added; if not, it belongs in another batch.
    mutating func add(_ pending: Pending) -> Bool {
        let item = pending.item
        guard !isFull, isEmpty || size + item.json.count <= Self.maxSize.bytes else { return false }
        guard keys.insert(Key(partition: item.partitionKey, sort: item.sortKey)).inserted else { return false }
        items.append(pending)
        size += item.json.count
        return true
    }
}
