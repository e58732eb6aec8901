/// The maps of a message, and the partitions of its events: a map's day.
struct PartitionTable {
    private struct Partition {
        let day: Int64
        /// `pk`.
        let key: String
        /// `{"pk":{"S":"…"},"sk":{"S":"`.
        let head: [UInt8]
        /// Of the same map; −1 behind the last. They are few: an event's day is within a week of its arrival's.
        let next: Int
    }

    private var maps = ByteTable()
    private var partitions: [Partition] = []
    /// Of each map the latest partition, and the latest rollup; −1 before the first.
    private var latestPartition: [Int] = []
    private var latestRollup: [Int] = []

    mutating func removeAll() {
        maps.removeAll()
        partitions.removeAll(keepingCapacity: true)
        latestPartition.removeAll(keepingCapacity: true)
        latestRollup.removeAll(keepingCapacity: true)
    }

    /// - Parameter name: The map's name in keys.
    /// - Returns: Its number.
    mutating func map(_ name: UnsafeRawBufferPointer) -> Int {
        let (map, isNew) = maps.insert(name)
        if isNew {
            latestPartition.append(-1)
            latestRollup.append(-1)
        }
        return map
    }

    /// - Returns: The number of the partition of a map's day.
    mutating func partition(map: Int, day: Int64) -> Int {
        var index = latestPartition[map]
        while index >= 0 {
            if partitions[index].day == day { return index }
            index = partitions[index].next
        }
        let key = maps.withBytes(at: map) { name in
            var key = OutputBuffer(capacity: 512)
            key.append("e#" as StaticString)
            key.append(name)
            key.append(UInt8(ascii: "#"))
            key.append(dayOfHour: day * 24)
            key.append("#0" as StaticString)
            return key.array()
        }
        var head = OutputBuffer(capacity: 512)
        head.append("{\"pk\":{\"S\":\"" as StaticString)
        key.withUnsafeBytes { head.append(escaping: $0) }
        head.append("\"},\"sk\":{\"S\":\"" as StaticString)
        partitions.append(
            Partition(
                day: day, key: String(decoding: key, as: UTF8.self), head: head.array(), next: latestPartition[map]))
        latestPartition[map] = partitions.count - 1
        return partitions.count - 1
    }

    /// `pk` of a partition.
    func key(_ partition: Int) -> String { partitions[partition].key }

    /// Appends the beginning of an event's item, up to the inside of `sk`.
    func appendHead(_ partition: Int, to buffer: inout OutputBuffer) {
        buffer.append(partitions[partition].head)
    }

    /// The number of the rollup of a map's hour; a new one is made where there is none.
    mutating func rollup(map: Int, hour: Int64, in rollups: inout [Rollup]) -> Int {
        var index = latestRollup[map]
        while index >= 0 {
            if rollups[index].hour == hour { return index }
            index = rollups[index].next
        }
        rollups.append(Rollup(map: map, hour: hour, next: latestRollup[map]))
        latestRollup[map] = rollups.count - 1
        return rollups.count - 1
    }

    /// Appends a map's name in keys.
    func appendName(ofMap map: Int, to buffer: inout OutputBuffer) {
        maps.withBytes(at: map) { buffer.append($0) }
    }
}
