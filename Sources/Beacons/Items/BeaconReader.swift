import AWSCore

/// Reads what a beacon says of all its events. `v` 1, `events`, the numbers that times are computed from, and a write
/// key that the envelope's project stands for are used up; everything else is an attribute or kept in `extra`.
extension MessageReader {
    mutating func readBeaconMember(
        _ name: MemberName, _ value: JSONValue, _ key: UnsafeRawBufferPointer, _ accepted: MemberSet
    ) throws(Refusal) {
        switch name {
        case .v:
            if value.integer != 1 { addExtra(key, value, to: accepted) }
        case .key:
            if beacon.project == nil || value.utf8 == nil { addExtra(key, value, to: accepted) }
        case .sentAt:
            // No attribute, so that another type refuses nothing: it is as if it were not given.
            guard let sentAt = Number(value) else {
                if value.double != nil { throw .noNumber("sent_at") }
                return addExtra(key, value, to: accepted)
            }
            beacon.sentAt = sentAt.double
        case .sessionID:
            guard let session = value.utf8 else { throw .noString("session_id") }
            if beacon.isPrivate { return }
            beacon.session = UTF8Cut.prefix(session, limit: 128)
            beaconAttributes.string("session_id", session)
        case .viewID:
            guard let view = value.utf8 else { throw .noString("view_id") }
            if !beacon.isPrivate { beaconAttributes.string("view_id", view) }
        case .mapID:
            guard let mapID = value.utf8 else { throw .noString("map_id") }
            beacon.mapID = mapID
        case .lang:
            guard let lang = value.utf8 else { throw .noString("lang") }
            beaconAttributes.string("lang", lang)
        case .page: try readPage(value, accepted)
        case .lib: try readLibrary(value, accepted)
        case .viewport: try readNumbers("viewport", value, counts: 2...2)
        default: break
        }
    }

    /// Completes the attributes of a beacon once all of its members are read.
    mutating func finishBeacon() {
        if let mapID = beacon.mapID, mapID.count > 0 {
            beaconAttributes.string("map_id", mapID)
        } else {
            beaconAttributes.string("map_id", UnsafeRawBufferPointer(MapID.unnamed))
        }
        keyScratch.truncate(to: 0)
        MapID.append(beacon.mapID, project: beacon.project, to: &keyScratch)
        beacon.map = partitions.map(keyScratch.bytes)
    }

    /// `{"url":"…","referrer":"…"}`; or, as the attribute is a string, the address alone.
    private mutating func readPage(_ value: JSONValue, _ accepted: MemberSet) throws(Refusal) {
        if let url = value.utf8 { return beaconAttributes.string("page", url, limit: 2048) }
        guard value.kind == .object else { throw Refusal("page", "is no object") }
        if let url = value["url"], !url.isNull {
            guard let url = url.utf8 else { throw .noString("page.url") }
            beaconAttributes.string("page", url, limit: 2048)
        }
        if let referrer = value["referrer"], !referrer.isNull {
            guard let referrer = referrer.utf8 else { throw .noString("page.referrer") }
            beaconAttributes.string("referrer", referrer, limit: 512)
        }
        addRemainder("page", value, without: "url", "referrer", to: accepted)
    }

    /// `{"name":"…","version":"…"}` becomes `name@version`, `name` without a version; a version without a name stays
    /// in `extra`. As the attribute is a string, a string is taken as it is.
    private mutating func readLibrary(_ value: JSONValue, _ accepted: MemberSet) throws(Refusal) {
        if let name = value.utf8 { return beaconAttributes.string("lib", name) }
        guard value.kind == .object else { throw Refusal("lib", "is no object") }
        var version: UnsafeRawBufferPointer?
        if let value = value["version"], !value.isNull {
            guard let utf8 = value.utf8 else { throw .noString("lib.version") }
            version = utf8
        }
        guard let name = value["name"], !name.isNull else {
            return addRemainder("lib", value, without: "name", "name", to: accepted)
        }
        guard let name = name.utf8 else { throw .noString("lib.name") }
        keyScratch.truncate(to: 0)
        keyScratch.append(UTF8Cut.prefix(name, limit: 128))
        if let version {
            keyScratch.append(UInt8(ascii: "@"))
            keyScratch.append(version)
        }
        beaconAttributes.string("lib", keyScratch.bytes)
        addRemainder("lib", value, without: "name", "version", to: accepted)
    }

    private mutating func addRemainder(
        _ name: StaticString, _ value: JSONValue, without first: StaticString, _ second: StaticString,
        to accepted: MemberSet
    ) {
        if accepted.contains(.name) {
            eventExtra.add(name, remainderOf: value, without: first, second)
        } else {
            beaconExtra.add(name, remainderOf: value, without: first, second)
        }
    }

    /// A list of numbers of a beacon.
    private mutating func readNumbers(
        _ name: StaticString, _ value: JSONValue, counts: ClosedRange<Int>
    ) throws(Refusal) {
        guard value.kind == .array else { throw Refusal(name, "is no array") }
        beaconAttributes.openList(name)
        var count = 0
        for element in value.elements {
            guard let number = Number(element) else { throw Refusal(name, "holds what is no number below 1e15") }
            guard count < counts.upperBound else { throw Refusal(name, "has too many numbers") }
            beaconAttributes.element(number, isFirst: count == 0)
            count += 1
        }
        guard count >= counts.lowerBound else { throw Refusal(name, "has too few numbers") }
        beaconAttributes.closeList()
    }
}
