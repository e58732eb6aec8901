import AWSCore

/// Reads events.
extension MessageReader {
    mutating func beginEvent() {
        event = EventFacts()
        eventAttributes.buffer.truncate(to: 0)
        eventExtra.removeAll()
    }

    mutating func readEventMember(
        _ name: MemberName, _ value: JSONValue, _ key: UnsafeRawBufferPointer
    ) throws(Refusal) {
        switch name {
        case .name:
            guard let name = value.utf8 else { throw .noString("name") }
            guard name.count > 0 else { throw Refusal("name", "is empty") }
            guard name.count <= 200 else { throw Refusal("name", "is over 200 bytes") }
            event.name = UTF8Cut.prefix(name, limit: 128)
            eventAttributes.string("name", name)
        case .id:
            guard let id = value.utf8, EventKey.idLength.contains(id.count) else {
                throw Refusal("id", "is no string of 1 to 128 bytes")
            }
            event.id = id
        case .ts: event.ts = try readNumber("ts", value)
        case .zoom: event.zoom = try readNumber("zoom", value)
        case .bearing: _ = try readNumber("bearing", value)
        case .pitch: _ = try readNumber("pitch", value)
        case .durationMS: _ = try readNumber("duration_ms", value)
        case .tiles: _ = try readNumber("tiles", value)
        case .errors: _ = try readNumber("errors", value)
        case .gesture: try readString("gesture", value)
        case .layerID: try readIdentifier("layer_id", value)
        case .featureID: try readIdentifier("feature_id", value)
        case .center:
            let place = try readPlace("center", value, key)
            event.longitude = place.longitude.double
            event.latitude = place.latitude.double
            eventAttributes.number("lng", place.longitude)
            eventAttributes.number("lat", place.latitude)
        case .lnglat:
            let place = try readPlace("lnglat", value, key)
            eventAttributes.number("click_lng", place.longitude)
            eventAttributes.number("click_lat", place.latitude)
        case .bbox: try readBox(value)
        case .props:
            // Clients send it empty more often than not.
            if value.kind == .object {
                var members = value.members
                if members.next() == nil { return }
            }
            eventExtra.add(key, value)
        default: break
        }
    }

    private mutating func readString(_ name: StaticString, _ value: JSONValue) throws(Refusal) {
        guard let utf8 = value.utf8 else { throw .noString(name) }
        eventAttributes.string(name, utf8)
    }

    private mutating func readNumber(_ name: StaticString, _ value: JSONValue) throws(Refusal) -> Double {
        guard let number = Number(value) else { throw .noNumber(name) }
        eventAttributes.number(name, number)
        return number.double
    }

    /// A string, or a number, which becomes a decimal string.
    private mutating func readIdentifier(_ name: StaticString, _ value: JSONValue) throws(Refusal) {
        if let utf8 = value.utf8 { return eventAttributes.string(name, utf8) }
        guard let number = Number(value) else { throw Refusal(name, "is neither a string nor a number below 1e15") }
        eventAttributes.openString(name)
        eventAttributes.buffer.append(number)
        eventAttributes.closeString()
    }

    /// `[longitude, latitude]`; with a third number, which a position may have, the whole is kept in `extra` too.
    private mutating func readPlace(
        _ name: StaticString, _ value: JSONValue, _ key: UnsafeRawBufferPointer
    ) throws(Refusal) -> (longitude: Number, latitude: Number) {
        guard value.kind == .array else { throw Refusal(name, "is no array") }
        var elements = value.elements
        guard let first = elements.next(), let second = elements.next() else {
            throw Refusal(name, "has too few numbers")
        }
        guard let longitude = Number(first), let latitude = Number(second) else {
            throw Refusal(name, "holds what is no number below 1e15")
        }
        guard latitude.double.magnitude <= 90 else { throw Refusal(name, "has a latitude outside ±90") }
        if let third = elements.next() {
            guard Number(third) != nil else { throw Refusal(name, "holds what is no number below 1e15") }
            guard elements.next() == nil else { throw Refusal(name, "has too many numbers") }
            eventExtra.add(key, value)
        }
        return (longitude, latitude)
    }

    /// `[west, south, east, north]`, or of three dimensions (RFC 7946, section 5).
    private mutating func readBox(_ value: JSONValue) throws(Refusal) {
        guard value.kind == .array else { throw Refusal("bbox", "is no array") }
        eventAttributes.openList("bbox")
        var count = 0
        var (second, fourth, fifth) = (0.0, 0.0, 0.0)
        for element in value.elements {
            guard let number = Number(element) else { throw Refusal("bbox", "holds what is no number below 1e15") }
            switch count {
            case 1: second = number.double
            case 3: fourth = number.double
            case 4: fifth = number.double
            case 6...: throw Refusal("bbox", "has neither 4 nor 6 numbers")
            default: break
            }
            eventAttributes.element(number, isFirst: count == 0)
            count += 1
        }
        guard count == 4 || count == 6 else { throw Refusal("bbox", "has neither 4 nor 6 numbers") }
        let north = count == 4 ? fourth : fifth
        guard second.magnitude <= 90, north.magnitude <= 90 else {
            throw Refusal("bbox", "has a latitude outside ±90")
        }
        eventAttributes.closeList()
    }
}
