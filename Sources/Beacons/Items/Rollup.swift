import AWSCore

/// A message's figures of one map and hour; in the `segments` layout its events too.
struct Rollup {
    static let maxNames = 200
    static let maxTiles = 1000
    /// Uncompressed bytes before which a part is cut: with the names and tiles the item stays under DynamoDB's 400 KB,
    /// even where the events do not deflate.
    static let partSize = 300_000

    let map: Int
    let hour: Int64
    /// Of the same map; −1 behind the last.
    let next: Int
    var part = 0
    var events = 0
    /// Numbers of names with their counts, in order of first sight.
    var names: [(name: Int, count: Int)] = []
    var tiles: [(tile: Tile, count: Int)] = []
    var first = Int64.max
    var last = Int64.min
    /// Uncompressed bytes of all of a message's parts at which each is cut: of one map and hour there are never as many.
    static let openSize = 4 << 20
    /// NDJSON.
    var lines: [UInt8] = []

    init(map: Int, hour: Int64, next: Int) {
        self.map = map
        self.hour = hour
        self.next = next
    }

    mutating func count(name: Int, other: Int) {
        for index in names.indices where names[index].name == name {
            names[index].count += 1
            return
        }
        if names.count < Self.maxNames || name == other {
            names.append((name, 1))
        } else {
            count(name: other, other: other)
        }
    }

    mutating func count(_ tile: Tile) {
        for index in tiles.indices where tiles[index].tile == tile {
            tiles[index].count += 1
            return
        }
        if tiles.count < Self.maxTiles || tile == .other {
            tiles.append((tile, 1))
        } else {
            count(.other)
        }
    }

    /// Begins the next part.
    mutating func cut() {
        part += 1
        events = 0
        names.removeAll(keepingCapacity: true)
        tiles.removeAll(keepingCapacity: true)
        first = .max
        last = .min
        // Many maps and hours would each keep what they once needed.
        lines = []
    }
}

extension MessageReader {
    /// Counts an event in the rollup of its map and hour; in the `segments` layout takes its line from ``scratch``.
    mutating func count(name: UnsafeRawBufferPointer, tile: Tile?, at: Int64, hour: Int64) {
        let index = partitions.rollup(map: beacon.map, hour: hour, in: &rollups)
        if layout == .segments {
            let size = rollups[index].lines.count
            if size > 0 && size + scratch.count > Rollup.partSize { finishPart(index) }
            rollups[index].lines.append(contentsOf: scratch.bytes)
            lineBytes += scratch.count
            rollups[index].first = min(rollups[index].first, at)
            rollups[index].last = max(rollups[index].last, at)
        }
        rollups[index].events += 1
        rollups[index].count(name: names.insert(name).index, other: otherNameIndex(rollups[index].names.count))
        if let tile, Self.isPlacing(name) { rollups[index].count(tile) }
        // Events of many maps and hours, each larger by what its beacon says.
        if lineBytes > Rollup.openSize { for index in rollups.indices { finishPart(index) } }
    }

    /// Tiles are counted of `map.load` and `map.moveend`.
    private static func isPlacing(_ name: UnsafeRawBufferPointer) -> Bool {
        name.hasSameBytes(as: "map.moveend") || name.hasSameBytes(as: "map.load")
    }

    /// The number of the name `other`, once it may be needed; it merges with events that are so named.
    private mutating func otherNameIndex(_ count: Int) -> Int {
        guard count >= Rollup.maxNames else { return -1 }
        return names.insert(UnsafeRawBufferPointer("other")).index
    }

    /// Makes the item of a rollup's part, and begins the next.
    mutating func finishPart(_ index: Int) {
        let rollup = rollups[index]
        if rollup.events == 0 { return }
        defer {
            lineBytes -= rollup.lines.count
            rollups[index].cut()
        }
        guard slice.takesNext() else { return }
        var item = AttributeWriter(isTyped: true)
        let (partitionKey, sortKey) = keys(of: rollup)
        item.string("pk", partitionKey)
        item.string("sk", sortKey)
        item.number("n", .integer(Int64(rollup.events)))
        item.openMap("names")
        for (position, entry) in rollup.names.enumerated() {
            names.withBytes(at: entry.name) { name in
                item.openMember(isFirst: position == 0)
                item.buffer.append(escaping: name)
            }
            item.closeMember(entry.count)
        }
        item.closeMap()
        if !rollup.tiles.isEmpty {
            item.openMap("tiles")
            for (position, entry) in rollup.tiles.enumerated() {
                item.openMember(isFirst: position == 0)
                entry.tile.append(to: &item.buffer)
                item.closeMember(entry.count)
            }
            item.closeMap()
        }
        if layout == .segments {
            item.number("first", .integer(rollup.first))
            item.number("last", .integer(rollup.last))
            item.binary("events", rollup.lines.withUnsafeBytes { deflater.deflate($0) })
        }
        if let retentionSeconds {
            item.number("ttl", .integer((rollup.hour + 1) * 3600 + retentionSeconds))
        }
        let made = item.item(.rollup, partitionKey, sortKey)
        slice.add(made)
        rollupItems.append(made)
    }

    private func keys(of rollup: Rollup) -> (partition: String, sort: String) {
        var buffer = OutputBuffer(capacity: 512)
        buffer.append("r#" as StaticString)
        partitions.appendName(ofMap: rollup.map, to: &buffer)
        buffer.append(UInt8(ascii: "#"))
        buffer.append(hour: rollup.hour)
        return (String(decoding: buffer.bytes, as: UTF8.self), "\(message.messageID)#\(rollup.part)")
    }
}
