import AWSCore
import Beacons

/// One visitor's session on one map: loads, pans, zooms, clicks, leaves; a beacon for each few of these.
struct Visit {
    private let map: SampleMap
    private let sessionID: UUIDv7
    private let viewID: UUIDv7
    private let language: String
    private let referrer: String?
    private let devicePixelRatio: Double
    private let version: String
    private var ids: UUIDv7Generator
    private var view: MapView
    private var clock: Timestamp
    private var beaconsLeft: Int
    private var hasLoaded = false
    private let start: Timestamp

    init(to map: SampleMap, startingAt start: Timestamp, random: inout SeededRandom) {
        self.map = map
        ids = UUIDv7Generator(seededBy: &random)
        sessionID = ids.next(at: start)
        viewID = ids.next(at: start)
        language = random.pick(["en", "en-CA", "de", "fr", "ja", "es", "pt-BR", "nl"])
        referrer = random.happens(0.6) ? random.pick(["search.example.net", "news.example.net", "example.org"]) : nil
        let screen = random.pick([(1280, 720, 2.0), (1920, 1080, 1.0), (390, 844, 3.0), (820, 1180, 2.0)])
        devicePixelRatio = screen.2
        version = random.pick(["5.1.0", "5.1.0", "5.0.1", "4.7.1"])
        view = MapView(
            center: map.center, zoom: 9 + 4 * random.fraction(), width: screen.0, height: screen.1)
        view.pan(x: random.deviation(), y: random.deviation())
        clock = start
        beaconsLeft = random.number(3...14)
        self.start = start
    }

    /// Whether the visitor has left.
    var isOver: Bool { beaconsLeft == 0 }

    /// The visit's next beacon.
    ///
    /// - Parameters:
    ///   - sentAt: When the browser sends it; its events lie before, after those of the beacon before.
    ///   - random: What the visitor does.
    /// - Returns: The beacon.
    mutating func next(sentAt: Timestamp, random: inout SeededRandom) -> SampleBeacon {
        beaconsLeft -= 1
        let count = hasLoaded ? random.number(1...4) : 1
        // The visitor was idle until shortly before; a browser flushes within seconds.
        let earliest = max(clock.milliseconds, sentAt.milliseconds - 8000)
        let room = max(0, sentAt.milliseconds - earliest)
        var writer = JSONWriter(capacity: 2048)
        writeHead(sentAt: sentAt, to: &writer)
        writer.key("events")
        writer.beginArray()
        var eventIDs: [UUIDv7] = []
        for position in 1...count {
            let moment = Timestamp(milliseconds: earliest + room * Int64(position) / Int64(count + 1))
            clock = moment
            let id = ids.next(at: moment)
            eventIDs.append(id)
            let isLast = isOver && position == count
            writeEvent(id: id, at: moment, kind: kind(isLast: isLast, random: &random), random: &random, to: &writer)
        }
        writer.endArray()
        writer.endObject()
        return SampleBeacon(mapID: map.id, eventIDs: eventIDs.map(\.description), body: writer.bytes)
    }

    private enum Kind {
        case load, pan, zoom, click, feature, layer, engagement, remove
    }

    private mutating func kind(isLast: Bool, random: inout SeededRandom) -> Kind {
        guard hasLoaded else {
            hasLoaded = true
            return .load
        }
        if isLast { return random.happens(0.7) ? .remove : .engagement }
        let dice = random.fraction()
        switch dice {
        case ..<0.45: return .pan
        case ..<0.72: return .zoom
        case ..<0.82: return .click
        case ..<0.93: return .feature
        default: return .layer
        }
    }

    private func writeHead(sentAt: Timestamp, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("v")
        writer.integer(1)
        writer.key("sent_at")
        writer.integer(sentAt.milliseconds)
        writer.key("lib")
        writer.beginObject()
        writer.member("name", "maplibre")
        writer.member("version", version)
        writer.member("beacon", "0.1.0")
        writer.endObject()
        writer.member("session_id", sessionID.description)
        writer.member("view_id", viewID.description)
        writer.member("map_id", map.id)
        writer.key("page")
        writer.beginObject()
        writer.member("url", map.page)
        if let referrer { writer.member("referrer", referrer) }
        writer.endObject()
        writer.key("viewport")
        writer.numbers([Double(view.width), Double(view.height)], decimals: 0)
        writer.member("dpr", devicePixelRatio, decimals: 1)
        writer.member("lang", language)
        writer.key("sample_rate")
        writer.integer(1)
    }

    private mutating func writeEvent(
        id: UUIDv7, at moment: Timestamp, kind: Kind, random: inout SeededRandom, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.member("id", id.description)
        writer.key("ts")
        writer.integer(moment.milliseconds)
        switch kind {
        case .load:
            writer.member("name", "map.load")
            writeCamera(random.number(300...2400), to: &writer)
        case .pan:
            view.pan(x: 1.2 * random.deviation(), y: 1.2 * random.deviation())
            writer.member("name", "map.moveend")
            writer.member("gesture", "pan")
            writeCamera(random.number(80...900), to: &writer)
        case .zoom:
            view.zoom(by: 2 * random.deviation())
            writer.member("name", "map.moveend")
            writer.member("gesture", "zoom")
            writeCamera(random.number(120...1100), to: &writer)
        case .click, .feature:
            let place = view.place(x: random.deviation(), y: random.deviation())
            writer.member("name", kind == .click ? "map.click" : "feature.click")
            writer.key("lnglat")
            writer.numbers([place.lng, place.lat], decimals: 5)
            if kind == .feature {
                writer.member("layer_id", map.layers[0])
                writer.key("feature_id")
                writer.integer(random.number(1...5000))
            }
            writer.member("zoom", view.zoom, decimals: 2)
        case .layer:
            writer.member("name", random.happens(0.5) ? "layer.show" : "layer.hide")
            writer.member("layer_id", random.pick(map.layers))
        case .engagement, .remove:
            writer.member("name", kind == .engagement ? "map.engagement" : "map.remove")
            writer.key("duration_ms")
            writer.integer(moment.milliseconds - start.milliseconds)
        }
        writer.endObject()
    }

    private func writeCamera(_ duration: Int, to writer: inout JSONWriter) {
        let southWest = view.place(x: -1, y: -1)
        let northEast = view.place(x: 1, y: 1)
        writer.key("center")
        writer.numbers([view.center.lng, view.center.lat], decimals: 5)
        writer.member("zoom", view.zoom, decimals: 2)
        writer.key("bbox")
        writer.numbers([southWest.lng, southWest.lat, northEast.lng, northEast.lat], decimals: 5)
        writer.member("bearing", view.bearing, decimals: 1)
        writer.member("pitch", view.pitch, decimals: 1)
        writer.key("duration_ms")
        writer.integer(duration)
        writer.key("tiles")
        writer.integer(view.tiles)
        writer.key("errors")
        writer.integer(0)
    }
}

extension JSONWriter {
    mutating func member(_ key: StaticString, _ value: String) {
        self.key(key)
        string(value)
    }

    mutating func member(_ key: StaticString, _ value: Double, decimals: Int) {
        self.key(key)
        raw(decimal(value, decimals).utf8)
    }

    mutating func numbers(_ values: [Double], decimals: Int) {
        beginArray()
        for value in values { raw(decimal(value, decimals).utf8) }
        endArray()
    }
}

/// A number with at most so many decimals, as JavaScript would print it: no zeros at the end, no exponent.
func decimal(_ value: Double, _ decimals: Int) -> String {
    var scale = 1
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(scaled.magnitude % UInt(scale))
    var text = "\(scaled < 0 ? "-" : "")\(scaled.magnitude / UInt(scale))"
    guard scaled.magnitude % UInt(scale) != 0 else { return text }
    text += "." + String(repeating: "0", count: decimals - fraction.utf8.count) + fraction
    while text.hasSuffix("0") { text.removeLast() }
    return text
}
