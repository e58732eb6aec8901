import AWSCore

/// Completes events: key, time, tile, count, and the item or the segment's line.
extension MessageReader {
    mutating func finishEvent() throws(Refusal) {
        guard let name = event.name else { throw Refusal("name", "is missing") }
        keyScratch.truncate(to: 0)
        let uuidTime = appendKey()
        let hour = EventTime.hour(EventTime.key(received: beacon.received, uuidTime: uuidTime, ts: event.ts))
        let partition = partitions.partition(map: beacon.map, day: EventTime.day(hour: hour))
        guard isFirstOfItsKey(in: partition) else {
            message.duplicateEvents += 1
            return
        }
        message.storedEvents += 1
        let at = EventTime.at(received: beacon.received, sentAt: beacon.sentAt, ts: event.ts)
        let tile = appendComputed(at)
        switch layout {
        case .events: if slice.takesNext() { appendItem(partition) }
        case .segments: writeLine()
        }
        count(name: name, tile: tile, at: at, hour: hour)
    }

    private mutating func appendItem(_ partition: Int) {
        scratch.truncate(to: 0)
        partitions.appendHead(partition, to: &scratch)
        scratch.append(escaping: keyScratch.bytes)
        scratch.append("\"}" as StaticString)
        appendAttributes()
        let item = Item(
            kind: .event, partitionKey: partitions.key(partition),
            sortKey: String(decoding: keyScratch.bytes, as: UTF8.self), json: scratch.array(), beacon: position)
        slice.add(item)
        message.items.append(item)
    }

    /// Writes the event's line of a segment to ``scratch``.
    private mutating func writeLine() {
        scratch.truncate(to: 0)
        scratch.append("{\"sk\":\"" as StaticString)
        scratch.append(escaping: keyScratch.bytes)
        scratch.append(UInt8(ascii: "\""))
        appendAttributes()
        scratch.append(UInt8(ascii: "\n"))
    }

    private mutating func appendAttributes() {
        scratch.append(eventAttributes.buffer.bytes)
        scratch.append(beaconAttributes.buffer.bytes)
        appendExtra()
        scratch.append(UInt8(ascii: "}"))
    }

    /// Appends the event's key to ``keyScratch``.
    ///
    /// - Returns: The time in its id.
    private mutating func appendKey() -> Int64? {
        guard let id = event.id else {
            keyScratch.append(self.id)
            keyScratch.append(UInt8(ascii: "-"))
            keyScratch.append(Int64(ordinal))
            return nil
        }
        let (isUUID, time) = EventKey.uuid(id, lowercase: &keyScratch)
        if isUUID { return time }
        if let session = beacon.session, session.count > 0 {
            keyScratch.append(session)
        } else {
            keyScratch.append(UInt8(ascii: "-"))
        }
        keyScratch.append(UInt8(ascii: "/"))
        keyScratch.append(id)
        return nil
    }

    /// Within a message, a second event with the same item key is a duplicate.
    private mutating func isFirstOfItsKey(in partition: Int) -> Bool {
        // Behind the key, so that it is one run of bytes to look up; taken off again.
        let length = keyScratch.count
        keyScratch.append(UInt8(ascii: "@"))
        keyScratch.append(Int64(partition))
        let isNew = keys.insert(keyScratch.bytes).isNew
        keyScratch.truncate(to: length)
        return isNew
    }

    private mutating func appendComputed(_ at: Int64) -> Tile? {
        eventAttributes.number("at", .integer(at))
        guard let longitude = event.longitude, let latitude = event.latitude, let zoom = event.zoom else { return nil }
        let tile = Tile(longitude: longitude, latitude: latitude, zoom: zoom)
        eventAttributes.openString("tile")
        tile.append(to: &eventAttributes.buffer)
        eventAttributes.closeString()
        return tile
    }

    private mutating func appendExtra() {
        if eventExtra.isEmpty {
            if beaconExtra.isEmpty { return }
            if sharedExtra.buffer.count == 0 { writeExtra() }
        } else {
            sharedExtra.buffer.truncate(to: 0)
            writeExtra()
        }
        scratch.append(sharedExtra.buffer.bytes)
        if !eventExtra.isEmpty { sharedExtra.buffer.truncate(to: 0) }
    }

    private mutating func writeExtra() {
        keyScratch.append(UInt8(ascii: " "))
        let start = keyScratch.count
        Extra.append(eventExtra, beaconExtra, to: &keyScratch)
        sharedExtra.string(
            "extra", UnsafeRawBufferPointer(rebasing: keyScratch.bytes[start...]), limit: Extra.limit)
        keyScratch.truncate(to: start - 1)
    }
}
