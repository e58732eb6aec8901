/// What a table holds, as a value.
struct TableState: Sendable {
    /// An item as it was sent, and its history.
    struct StoredItem: Sendable {
        var json: [UInt8]
        var size: Int
        /// How often it was written.
        var writes = 1
        /// How often it was written with other bytes than before.
        var changes = 0
    }

    /// The items of one partition key.
    struct Partition: Sendable {
        fileprivate(set) var items: [KeyBytes: StoredItem] = [:]
        /// Sorted when it is read, not when it is written: writes come by the million, reads at the end.
        fileprivate var keys: [KeyBytes] = []
        fileprivate var isSorted = true

        /// The sort keys in order.
        fileprivate mutating func sorted() -> [KeyBytes] {
            if !isSorted {
                keys = items.keys.sorted()
                isSorted = true
            }
            return keys
        }
    }

    private var partitions: [KeyBytes: Partition] = [:]
    /// Partition keys in the order of their first item, which a scan follows.
    private(set) var partitionKeys: [KeyBytes] = []
    private(set) var itemCount = 0
    private(set) var byteCount = 0

    /// What a write met.
    enum Previous: Sendable, Hashable {
        case none
        case same(size: Int)
        case other(size: Int)

        var size: Int {
            switch self {
            case .none: 0
            case .same(let size), .other(let size): size
            }
        }
    }

    func item(_ key: Schema.ItemKey) -> StoredItem? {
        partitions[key.partition]?.items[key.sort]
    }

    mutating func put(_ key: Schema.ItemKey, json: [UInt8], size: Int) -> Previous {
        if partitions[key.partition] == nil {
            partitionKeys.append(key.partition)
        }
        let previous = partitions[key.partition, default: Partition()].put(key.sort, json: json, size: size)
        if case .none = previous { itemCount += 1 }
        byteCount += size - previous.size
        return previous
    }

    mutating func delete(_ key: Schema.ItemKey) -> StoredItem? {
        guard let item = partitions[key.partition]?.items.removeValue(forKey: key.sort) else { return nil }
        partitions[key.partition]?.isSorted = false
        itemCount -= 1
        byteCount -= item.size
        return item
    }

    /// The sort keys of a partition, in order.
    mutating func sortKeys(of partition: KeyBytes) -> [KeyBytes] {
        partitions[partition]?.sorted() ?? []
    }

    mutating func removeAll() {
        self = TableState()
    }
}

extension TableState.Partition {
    fileprivate mutating func put(_ sort: KeyBytes, json: [UInt8], size: Int) -> TableState.Previous {
        if let old = items[sort] {
            let isSame = old.json.isSame(as: json)
            items[sort]?.writes += 1
            items[sort]?.changes += isSame ? 0 : 1
            if !isSame {
                items[sort]?.json = json
                items[sort]?.size = size
            }
            return isSame ? .same(size: old.size) : .other(size: old.size)
        }
        items[sort] = TableState.StoredItem(json: json, size: size)
        if isSorted, keys.last.map({ $0 < sort }) ?? true {
            keys.append(sort)
        } else {
            isSorted = false
        }
        return .none
    }
}
