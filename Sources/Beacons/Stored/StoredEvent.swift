public import AWSCore

/// An event as it is stored, of either layout.
///
/// Names and units are the contract's: times in milliseconds since 1970, places in degrees.
public struct StoredEvent: Sendable, Hashable {
    /// The map's name in keys: `[<project>/]<map id, percent-encoded>`.
    public var map: String
    /// The event's key, `sk`.
    public var key: String
    /// `name`
    public var name: String
    /// `map_id`
    public var mapID: String
    /// `session_id`
    public var sessionID: String?
    /// `view_id`
    public var viewID: String?
    /// `page`
    public var page: String?
    /// `referrer`
    public var referrer: String?
    /// `lib`: `name@version`
    public var library: String?
    /// `ua`
    public var userAgent: String?
    /// `ip`
    public var ip: String?
    /// `origin`
    public var origin: String?
    /// `lang`
    public var language: String?
    /// `gesture`
    public var gesture: String?
    /// `layer_id`
    public var layerID: String?
    /// `feature_id`
    public var featureID: String?
    /// `tile`: the quadkey
    public var tile: String?
    /// `extra`: JSON
    public var extra: String?
    /// `at`
    public var at: Timestamp
    /// `received`
    public var received: Timestamp
    /// `ts`, by the client's clock
    public var ts: Double?
    /// `zoom`
    public var zoom: Double?
    /// `bearing`
    public var bearing: Double?
    /// `pitch`
    public var pitch: Double?
    /// `lng`
    public var longitude: Double?
    /// `lat`
    public var latitude: Double?
    /// `click_lng`
    public var clickLongitude: Double?
    /// `click_lat`
    public var clickLatitude: Double?
    /// `duration_ms`
    public var durationMilliseconds: Double?
    /// `tiles`
    public var tiles: Double?
    /// `errors`
    public var errors: Double?
    /// `bbox`
    public var boundingBox: [Double]?
    /// `viewport`
    public var viewport: [Double]?

    /// Reads an event's item, of the `events` layout.
    ///
    /// - Parameter item: The item's attributes by name.
    /// - Throws: ``StoredError`` where it is none.
    public init(item: [String: AttributeValue]) throws(StoredError) {
        let parts = item.keyParts("pk")
        guard parts.count == 4, parts[0] == "e", let key = item["sk"]?.string else {
            throw StoredError(item, "not an event's key")
        }
        guard let event = StoredEvent(map: String(parts[1]), key: key, from: ItemAttributes(item: item)) else {
            throw StoredError(item, "an event without name, map_id, at or received")
        }
        self = event
    }

    /// Reads a line of a segment.
    ///
    /// - Parameters:
    ///   - line: The line, an object.
    ///   - map: The map's name in keys.
    init?(line: JSONValue, map: String) {
        guard let key = line["sk"]?.string else { return nil }
        self.init(map: map, key: key, from: LineAttributes(line: line))
    }

    private init?(map: String, key: String, from source: some StoredAttributes) {
        guard let name = source.string("name"), let mapID = source.string("map_id"), let at = source.number("at"),
            let received = source.number("received"), let at = Int64(exactly: at),
            let received = Int64(exactly: received)
        else { return nil }
        self.map = map
        self.key = key
        self.name = name
        self.mapID = mapID
        self.at = Timestamp(milliseconds: at)
        self.received = Timestamp(milliseconds: received)
        sessionID = source.string("session_id")
        viewID = source.string("view_id")
        page = source.string("page")
        referrer = source.string("referrer")
        library = source.string("lib")
        userAgent = source.string("ua")
        ip = source.string("ip")
        origin = source.string("origin")
        language = source.string("lang")
        gesture = source.string("gesture")
        layerID = source.string("layer_id")
        featureID = source.string("feature_id")
        tile = source.string("tile")
        extra = source.string("extra")
        ts = source.number("ts")
        zoom = source.number("zoom")
        bearing = source.number("bearing")
        pitch = source.number("pitch")
        longitude = source.number("lng")
        latitude = source.number("lat")
        clickLongitude = source.number("click_lng")
        clickLatitude = source.number("click_lat")
        durationMilliseconds = source.number("duration_ms")
        tiles = source.number("tiles")
        errors = source.number("errors")
        boundingBox = source.numbers("bbox")
        viewport = source.numbers("viewport")
    }
}

/// Attributes by name, of an item or of a segment's line.
private protocol StoredAttributes {
    func string(_ name: StaticString) -> String?
    func number(_ name: StaticString) -> Double?
    func numbers(_ name: StaticString) -> [Double]?
}

private struct ItemAttributes: StoredAttributes {
    let item: [String: AttributeValue]

    func string(_ name: StaticString) -> String? { item["\(name)"]?.string }
    func number(_ name: StaticString) -> Double? { item["\(name)"]?.double }
    func numbers(_ name: StaticString) -> [Double]? { item["\(name)"]?.list?.compactMap(\.double) }
}

private struct LineAttributes: StoredAttributes {
    let line: JSONValue

    func string(_ name: StaticString) -> String? { line[name]?.string }
    func number(_ name: StaticString) -> Double? { line[name]?.double }
    func numbers(_ name: StaticString) -> [Double]? {
        guard let list = line[name], list.kind == .array else { return nil }
        return list.elements.compactMap(\.double)
    }
}
