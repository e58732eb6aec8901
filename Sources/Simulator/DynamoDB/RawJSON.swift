/// Finds where values lie in JSON that a parser has accepted, so that an item's own bytes can be kept.
enum RawJSON {
    /// The ranges of the objects and arrays that open as the `depth`-th container, the outermost being the first.
    static func containers(atDepth wanted: Int, in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(25)
        var depth = 0
        var start = 0
        var at = 0
        let count = bytes.count
        while at < count {
            switch bytes[at] {
            case quote:
                at = endOfString(from: at, in: bytes)
                continue
            case openBrace, openBracket:
                depth &+= 1
                if depth == wanted { start = at }
            case closeBrace, closeBracket:
                if depth == wanted { ranges.append(start..<at + 1) }
                depth &-= 1
            default: break
            }
            at &+= 1
        }
        return ranges
    }

    /// The range of a container that is a member of the outermost object; `nil` if there is none of that name.
    ///
    /// The name is looked for as it is: a key written with escapes is not found.
    static func container(ofMember name: StaticString, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var depth = 0
        var start: Int?
        var key = 0..<0
        var at = 0
        while at < bytes.count {
            switch bytes[at] {
            case quote:
                let end = endOfString(from: at, in: bytes)
                if depth == 1 { key = at + 1..<end - 1 }
                at = end
                continue
            case openBrace, openBracket:
                depth += 1
                if depth == 2, name.withUTF8Buffer({ bytes[key].elementsEqual($0) }) { start = at }
            case closeBrace, closeBracket:
                if depth == 2, let start { return start..<at + 1 }
                depth -= 1
            default: break
            }
            at += 1
        }
        return nil
    }

    @inline(__always)
    private static func endOfString(from quoteAt: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        var at = quoteAt &+ 1
        while at < bytes.count {
            let byte = bytes[at]
            if byte == quote { return at &+ 1 }
            at &+= byte == backslash ? 2 : 1
        }
        return bytes.count
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
    private static let openBrace = UInt8(ascii: "{")
    private static let closeBrace = UInt8(ascii: "}")
    private static let openBracket = UInt8(ascii: "[")
    private static let closeBracket = UInt8(ascii: "]")
}
