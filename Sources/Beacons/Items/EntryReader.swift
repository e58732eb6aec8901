import AWSCore

/// Reads the envelope's entries: the facts around a beacon, then the beacon, then its events.
extension MessageReader {
    private struct Entry {
        var at: Int64?
        var project: UnsafeRawBufferPointer?
        var ip: UnsafeRawBufferPointer?
        var userAgent: UnsafeRawBufferPointer?
        var origin: UnsafeRawBufferPointer?
        var isPrivate = false
        var body: JSONValue?
    }

    mutating func read(entry value: JSONValue) throws(Unreadable) {
        guard value.kind == .object else { throw Unreadable("entry \(position) is no object") }
        let entry = try facts(of: value)
        guard let received = entry.at, EventTime.receivedRange.contains(received) else {
            throw Unreadable("entry \(position) has no time of arrival")
        }
        beginBeacon(entry, received)
        defer { quarantineEntry() }
        guard let body = entry.body, body.kind == .object else {
            ordinal += 1
            return refuse(Refusal("body", "is no object"), event: nil)
        }
        guard let events = body["events"], !events.isNull else {
            return readSingle(body)
        }
        do throws(Refusal) {
            try read(body, accepting: .beacon)
            guard events.kind == .array else { throw Refusal("events", "is no array") }
            finishBeacon()
        } catch {
            return refuseAll(events, error)
        }
        var number = 0
        for element in events.elements {
            readEvent(element, number: number)
            number += 1
            ordinal += 1
        }
    }

    private func facts(of value: JSONValue) throws(Unreadable) -> Entry {
        var entry = Entry()
        // The first of duplicate members is found.
        if let at = value["at"] { entry.at = at.integer }
        entry.project = try string(value["project"])
        entry.ip = try string(value["ip"])
        entry.userAgent = try string(value["ua"])
        entry.origin = try string(value["origin"])
        if let gpc = value["gpc"], !gpc.isNull {
            guard let flag = gpc.bool else { throw Unreadable("gpc of entry \(position) is no boolean") }
            entry.isPrivate = flag
        }
        entry.body = value["body"]
        return entry
    }

    private func string(_ value: JSONValue?) throws(Unreadable) -> UnsafeRawBufferPointer? {
        guard let value, !value.isNull else { return nil }
        guard let utf8 = value.utf8 else { throw Unreadable("a fact of entry \(position) is no string") }
        return utf8
    }

    private mutating func beginBeacon(_ entry: Entry, _ received: Int64) {
        beacon = BeaconFacts()
        beacon.received = received
        beacon.project = entry.project
        beacon.isPrivate = entry.isPrivate
        beaconAttributes.buffer.truncate(to: 0)
        sharedExtra.buffer.truncate(to: 0)
        beaconExtra.removeAll()
        beaconAttributes.number("received", .integer(received))
        if let ip = entry.ip { beaconAttributes.string("ip", ip) }
        if let userAgent = entry.userAgent { beaconAttributes.string("ua", userAgent, limit: 512) }
        if let origin = entry.origin { beaconAttributes.string("origin", origin) }
        if let retentionSeconds, layout == .events {
            beaconAttributes.number("ttl", .integer(Timestamp(milliseconds: received).seconds + retentionSeconds))
        }
    }

    /// A beacon without `events` is itself one event.
    private mutating func readSingle(_ body: JSONValue) {
        beginEvent()
        do throws(Refusal) {
            try read(body, accepting: .both)
            finishBeacon()
            try finishEvent()
        } catch {
            refuse(error, event: nil)
        }
        ordinal += 1
    }

    private mutating func readEvent(_ value: JSONValue, number: Int) {
        beginEvent()
        do throws(Refusal) {
            guard value.kind == .object else { throw Refusal("event", "is no object") }
            try read(value, accepting: .event)
            try finishEvent()
        } catch {
            refuse(error, event: number)
        }
    }

    private mutating func refuse(_ refusal: Refusal, event number: Int?) {
        message.quarantinedEvents += 1
        quarantine.note(refusal, event: number)
    }

    /// Refuses all events of a beacon for what is wrong with the beacon.
    private mutating func refuseAll(_ events: JSONValue, _ refusal: Refusal) {
        var count = 0
        for _ in events.elements { count += 1 }
        // `events` of another type counts as one event.
        count = events.kind == .array ? count : 1
        if count == 0 { return }
        ordinal += count
        message.quarantinedEvents += count
        quarantine.note(refusal, event: nil)
    }

    private mutating func quarantineEntry() {
        guard quarantine.hasReasons else { return }
        guard slice.takesNext() else { return quarantine.dropEntry() }
        let items = quarantine.finishEntry(
            position, of: id, received: beacon.received, retentionSeconds: retentionSeconds, by: deflater)
        for item in items { slice.add(item) }
        quarantineItems += items
    }

    /// Reads the members of a beacon or an event: those that are accepted by name, the others into `extra`.
    mutating func read(_ object: JSONValue, accepting accepted: MemberSet) throws(Refusal) {
        var seen = MemberSet()
        for (key, value) in object.members {
            guard let name = MemberName(key), accepted.contains(name) else {
                // What Sec-GPC takes from the beacon is not to come back by way of its events.
                if beacon.isPrivate, let name = MemberName(key), name == .sessionID || name == .viewID { continue }
                addExtra(key, value, to: accepted)
                continue
            }
            guard seen.insert(name), !value.isNull else { continue }
            if MemberSet.beacon.contains(name) {
                try readBeaconMember(name, value, key, accepted)
            } else {
                try readEventMember(name, value, key)
            }
        }
    }

    /// Keeps a member in `extra`: of the event, unless the object that is being read is a beacon with events.
    mutating func addExtra(_ key: UnsafeRawBufferPointer, _ value: JSONValue, to accepted: MemberSet) {
        if accepted.contains(.name) {
            eventExtra.add(key, value)
        } else {
            beaconExtra.add(key, value)
        }
    }
}
