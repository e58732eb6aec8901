#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The members of beacons and events that the contract names; all others go to `extra`.
enum MemberName: UInt8 {
    case v, key, sentAt, lib, sessionID, viewID, mapID, page, viewport, lang, events
    case id, name, ts, center, zoom, bbox, bearing, pitch, gesture, layerID, featureID, lnglat, durationMS, tiles
    case errors, props

    /// - Parameter key: A member's key, unescaped.
    init?(_ key: UnsafeRawBufferPointer) {
        guard let found = Self.find(key) else { return nil }
        self = found
    }

    private static func find(_ key: UnsafeRawBufferPointer) -> MemberName? {
        guard let bytes = key.baseAddress else { return nil }
        func isNamed(_ name: StaticString) -> Bool { memcmp(bytes, name.utf8Start, name.utf8CodeUnitCount) == 0 }
        switch key.count {
        case 1: return isNamed("v") ? .v : nil
        case 2: return isNamed("id") ? .id : isNamed("ts") ? .ts : nil
        case 3: return isNamed("lib") ? .lib : isNamed("key") ? .key : nil
        case 4:
            if isNamed("name") { return .name }
            if isNamed("zoom") { return .zoom }
            if isNamed("bbox") { return .bbox }
            if isNamed("page") { return .page }
            return isNamed("lang") ? .lang : nil
        case 5: return isNamed("tiles") ? .tiles : isNamed("pitch") ? .pitch : isNamed("props") ? .props : nil
        case 6:
            if isNamed("center") { return .center }
            if isNamed("errors") { return .errors }
            if isNamed("map_id") { return .mapID }
            if isNamed("events") { return .events }
            return isNamed("lnglat") ? .lnglat : nil
        case 7:
            if isNamed("bearing") { return .bearing }
            if isNamed("gesture") { return .gesture }
            if isNamed("view_id") { return .viewID }
            return isNamed("sent_at") ? .sentAt : nil
        case 8: return isNamed("layer_id") ? .layerID : isNamed("viewport") ? .viewport : nil
        case 10: return isNamed("session_id") ? .sessionID : isNamed("feature_id") ? .featureID : nil
        case 11: return isNamed("duration_ms") ? .durationMS : nil
        default: return nil
        }
    }
}

/// A set of ``MemberName``.
struct MemberSet {
    private var bits: UInt32

    init(_ names: MemberName...) {
        bits = names.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    }

    private init(bits: UInt32) {
        self.bits = bits
    }

    /// What is read of a beacon with `events`.
    static let beacon = MemberSet(
        .v, .key, .sentAt, .lib, .sessionID, .viewID, .mapID, .page, .viewport, .lang, .events)
    /// What is read of an event.
    static let event = MemberSet(
        .id, .name, .ts, .center, .zoom, .bbox, .bearing, .pitch, .gesture, .layerID, .featureID, .lnglat,
        .durationMS, .tiles, .errors, .props)
    /// What is read of a beacon that is itself one event.
    static let both = MemberSet(bits: beacon.bits | event.bits)

    func contains(_ name: MemberName) -> Bool {
        bits & 1 << UInt32(name.rawValue) != 0
    }

    /// - Returns: Whether it was not in the set before.
    mutating func insert(_ name: MemberName) -> Bool {
        let bit = 1 << UInt32(name.rawValue) as UInt32
        defer { bits |= bit }
        return bits & bit == 0
    }
}
