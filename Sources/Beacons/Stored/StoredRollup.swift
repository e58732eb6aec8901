public import AWSCore

/// A message's figures of one map and hour, as they are stored; in the `segments` layout with its events.
public struct StoredRollup: Sendable, Hashable {
    /// The map's name in keys: `[<project>/]<map id, percent-encoded>`.
    public var map: String
    /// `yyyymmddHH`, of UTC.
    public var hour: String
    /// The message's id.
    public var messageID: String
    /// The part, from 0; only segments have several.
    public var part: Int
    /// What it counts.
    public var figures: Figures
    /// The time of the earliest event; in the `segments` layout.
    public var first: Timestamp?
    /// The time of the latest event; in the `segments` layout.
    public var last: Timestamp?
    private var segment: [UInt8]?

    /// Reads a rollup's item.
    ///
    /// - Parameter item: The item's attributes by name.
    /// - Throws: ``StoredError`` where it is none.
    public init(item: [String: AttributeValue]) throws(StoredError) {
        let keys = item.keyParts("pk")
        let sort = item.keyParts("sk")
        guard keys.count == 3, keys[0] == "r", sort.count >= 2, let part = Int(sort[sort.count - 1]) else {
            throw StoredError(item, "not a rollup's key")
        }
        guard let events = item["n"]?.integer, let names = item["names"]?.map?.compactMapValues(\.integer) else {
            throw StoredError(item, "a rollup without n or names")
        }
        map = String(keys[1])
        hour = String(keys[2])
        // The id may have `#` in it.
        messageID = sort.dropLast().joined(separator: "#")
        self.part = part
        figures = Figures(
            events: events, names: names, tiles: item["tiles"]?.map?.compactMapValues(\.integer) ?? [:])
        first = item["first"]?.integer.map { Timestamp(milliseconds: Int64($0)) }
        last = item["last"]?.integer.map { Timestamp(milliseconds: Int64($0)) }
        segment = item["events"]?.binary
    }

    /// The events inside, in the order of the message; none in the `events` layout.
    ///
    /// - Returns: The events.
    /// - Throws: ``StoredError`` where they cannot be read.
    public func storedEvents() throws(StoredError) -> [StoredEvent] {
        guard let segment else { return [] }
        let item: [String: AttributeValue] = [
            "pk": .string("r#\(map)#\(hour)"), "sk": .string("\(messageID)#\(part)"),
        ]
        let lines: [UInt8]
        do {
            lines = try Inflater.inflate(segment, limit: Rollup.partSize)
        } catch {
            throw StoredError(item, "events: \(error.rawValue)")
        }
        let parser = JSONParser()
        var events: [StoredEvent] = []
        for line in lines.split(separator: 0x0A) {
            let event = try? parser.parse(Array(line)) { StoredEvent(line: $0, map: map) }
            guard let event else { throw StoredError(item, "events: a line that is none") }
            events.append(event)
        }
        return events
    }
}

/// Figures of events; the hour's are the sum over its rollups.
public struct Figures: Sendable, Hashable {
    /// How many events there are.
    public var events: Int
    /// Events by name; of names beyond the first 200 of a message's part, under `other`.
    public var names: [String: Int]
    /// `map.load` and `map.moveend` by quadkey; of tiles beyond the first 1,000 of a message's part, under `other`.
    public var tiles: [String: Int]

    /// Creates figures, by default of nothing.
    ///
    /// - Parameters:
    ///   - events: How many events there are.
    ///   - names: Events by name.
    ///   - tiles: Events by quadkey.
    public init(events: Int = 0, names: [String: Int] = [:], tiles: [String: Int] = [:]) {
        self.events = events
        self.names = names
        self.tiles = tiles
    }

    /// Adds the figures of the right to the left.
    public static func += (left: inout Figures, right: Figures) {
        left.events += right.events
        left.names.merge(right.names, uniquingKeysWith: +)
        left.tiles.merge(right.tiles, uniquingKeysWith: +)
    }
}
