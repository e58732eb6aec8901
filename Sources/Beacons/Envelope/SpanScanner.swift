/// Finds where the elements of a JSON array, or the values of an object, lie, in bytes that a parser has found valid.
///
/// simdjson's tape does not tell where in the input a value came from, and a beacon is spliced, not re-encoded.
struct SpanScanner {
    /// What is scanned; ranges are positions in it.
    let json: UnsafeRawBufferPointer
    private let isObject: Bool
    private var at: Int

    /// - Parameter json: One valid JSON document whose root is an array; white space around it is allowed.
    init(array json: UnsafeRawBufferPointer) {
        self.init(json, isObject: false)
    }

    /// - Parameter json: One valid JSON document whose root is an object; white space around it is allowed.
    init(object json: UnsafeRawBufferPointer) {
        self.init(json, isObject: true)
    }

    private init(_ json: UnsafeRawBufferPointer, isObject: Bool) {
        self.json = json
        self.isObject = isObject
        at = 0
        while at < json.count && Self.isSpace(json[at]) { at += 1 }
        // The bracket.
        at += 1
    }

    /// - Returns: The next value's range, without white space around it; `nil` behind the last.
    mutating func next() -> Range<Int>? {
        skip(UInt8(ascii: ","))
        guard at < json.count, json[at] != UInt8(ascii: "]"), json[at] != UInt8(ascii: "}") else { return nil }
        if isObject {
            skipString()
            skip(UInt8(ascii: ":"))
        }
        return value()
    }

    private mutating func value() -> Range<Int> {
        let start = at
        var depth = 0
        while at < json.count {
            switch json[at] {
            case UInt8(ascii: "\""):
                skipString()
                if depth == 0 { return start..<at }
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return trimmed(start) }
                depth -= 1
                if depth == 0 {
                    at += 1
                    return start..<at
                }
            case UInt8(ascii: ",") where depth == 0:
                return trimmed(start)
            default: break
            }
            at += 1
        }
        return trimmed(start)
    }

    /// Skips white space, and a separator.
    private mutating func skip(_ separator: UInt8) {
        while at < json.count && (Self.isSpace(json[at]) || json[at] == separator) { at += 1 }
    }

    private mutating func skipString() {
        at += 1
        while at < json.count && json[at] != UInt8(ascii: "\"") {
            at += json[at] == UInt8(ascii: "\\") ? 2 : 1
        }
        at = min(at + 1, json.count)
    }

    private func trimmed(_ start: Int) -> Range<Int> {
        var end = at
        while end > start && Self.isSpace(json[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether a byte is white space of JSON.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }
}
