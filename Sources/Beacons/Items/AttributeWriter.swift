import AWSCore

/// Writes attributes, each with a comma before it: in DynamoDB's JSON for an item, or as plain JSON for a line of a
/// segment.
struct AttributeWriter: ~Copyable {
    /// What has been written.
    var buffer = OutputBuffer()
    /// Whether values say their type, as DynamoDB wants it.
    let isTyped: Bool

    init(isTyped: Bool) {
        self.isTyped = isTyped
    }

    /// Writes a string, cut at a character boundary.
    @inline(__always)
    mutating func string(_ name: StaticString, _ utf8: UnsafeRawBufferPointer, limit: Int = 128) {
        openString(name)
        buffer.append(escaping: UTF8Cut.prefix(utf8, limit: limit))
        closeString()
    }

    /// Begins a string whose inside the caller appends, escaped.
    mutating func openString(_ name: StaticString) {
        key(name)
        buffer.append(isTyped ? "{\"S\":\"" as StaticString : "\"")
    }

    /// Ends a string.
    mutating func closeString() {
        buffer.append(isTyped ? "\"}" as StaticString : "\"")
    }

    mutating func number(_ name: StaticString, _ value: Number) {
        key(name)
        buffer.append(isTyped ? "{\"N\":\"" as StaticString : "")
        buffer.append(value)
        buffer.append(isTyped ? "\"}" as StaticString : "")
    }

    /// Begins a list of numbers.
    mutating func openList(_ name: StaticString) {
        key(name)
        buffer.append(isTyped ? "{\"L\":[" as StaticString : "[")
    }

    /// Writes a number of a list.
    mutating func element(_ value: Number, isFirst: Bool) {
        if !isFirst { buffer.append(UInt8(ascii: ",")) }
        buffer.append(isTyped ? "{\"N\":\"" as StaticString : "")
        buffer.append(value)
        buffer.append(isTyped ? "\"}" as StaticString : "")
    }

    /// Ends a list.
    mutating func closeList() {
        buffer.append(isTyped ? "]}" as StaticString : "]")
    }

    /// Writes a string of an item that is put together aside from the hot path.
    mutating func string(_ name: StaticString, _ text: String) {
        openString(name)
        var text = text
        text.withUTF8 { buffer.append(escaping: UnsafeRawBufferPointer($0)) }
        closeString()
    }

    /// Writes `B`.
    mutating func binary(_ name: StaticString, _ bytes: [UInt8]) {
        key(name)
        buffer.append("{\"B\":\"" as StaticString)
        buffer.append(Base64.encode(bytes))
        buffer.append("\"}" as StaticString)
    }

    /// Begins a map of counts.
    mutating func openMap(_ name: StaticString) {
        key(name)
        buffer.append("{\"M\":{" as StaticString)
    }

    /// Begins a member of a map; the caller appends its name, escaped.
    mutating func openMember(isFirst: Bool) {
        buffer.append(isFirst ? "\"" as StaticString : ",\"")
    }

    /// Ends a member of a map.
    mutating func closeMember(_ count: Int) {
        buffer.append("\":{\"N\":\"" as StaticString)
        buffer.append(Int64(count))
        buffer.append("\"}" as StaticString)
    }

    /// Ends a map.
    mutating func closeMap() {
        buffer.append("}}" as StaticString)
    }

    /// The item of all that has been written, its keys first.
    func item(_ kind: Item.Kind, _ partitionKey: String, _ sortKey: String, beacon: Int? = nil) -> Item {
        var json = OutputBuffer(capacity: buffer.count + 1)
        json.append(UInt8(ascii: "{"))
        // Without the first comma.
        json.append(UnsafeRawBufferPointer(rebasing: buffer.bytes[1...]))
        json.append(UInt8(ascii: "}"))
        return Item(kind: kind, partitionKey: partitionKey, sortKey: sortKey, json: json.array(), beacon: beacon)
    }

    @inline(__always)
    private mutating func key(_ name: StaticString) {
        buffer.append(",\"" as StaticString)
        buffer.append(name)
        buffer.append("\":" as StaticString)
    }
}
