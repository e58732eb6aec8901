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

    private(set) var items: [Pending] = []
    private var size = 0

    var isEmpty: Bool { items.isEmpty }
    var isFull: Bool { items.count == dynamoDBMaxBatchPuts }

    /// - Returns: Whether the item was added; if not, it belongs in another batch.
    mutating func add(_ pending: Pending) -> Bool {
        let item = pending.item
        guard !isFull, isEmpty || size + item.json.count <= Self.maxSize.bytes else { return false }
        guard !holdsKey(of: pending) else { return false }
        if isEmpty { items.reserveCapacity(dynamoDBMaxBatchPuts) }
        items.append(pending)
        size += item.json.count
        return true
    }

    /// The items of one message have keys of their own, so that only those of others are compared: a call is mostly
    /// filled by one message, and at most 24 comparisons are cheaper than keeping a set.
    private func holdsKey(of pending: Pending) -> Bool {
        let item = pending.item
        return items.contains { other in
            other.write !== pending.write && other.item.sortKey == item.sortKey
                && other.item.partitionKey == item.partitionKey
        }
    }
}
