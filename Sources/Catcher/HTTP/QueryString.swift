import AWSCore

/// The query of a URL, as browsers write it.
struct QueryString {
    private let query: Substring

    init(_ query: Substring) {
        self.query = query
    }

    /// The first value of a name, as it stands in the URL; `nil` if the name is not there.
    subscript(name: StaticString) -> Substring? {
        var rest = query.utf8[...]
        while !rest.isEmpty {
            let pair = rest.prefix { $0 != UInt8(ascii: "&") }
            rest = rest[pair.endIndex...].dropFirst()
            let key = pair.prefix { $0 != UInt8(ascii: "=") }
            if Substring(key).isExactly(name) { return Substring(pair[key.endIndex...].dropFirst()) }
        }
        return nil
    }

    /// Undoes URL encoding: `%xx`, and `+` for a space. What is no escape stays as it is.
    ///
    /// - Parameter text: A value of the query.
    /// - Returns: The bytes that were encoded.
    static func decoded(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count + JSONParser.padding)
        var at = text.utf8.startIndex
        while at < text.utf8.endIndex {
            let byte = text.utf8[at]
            at = text.utf8.index(after: at)
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                let digits = text.utf8[at...].prefix(2)
                if let high = digits.first.flatMap(hex), let low = digits.dropFirst().first.flatMap(hex) {
                    bytes.append(high << 4 | low)
                    at = digits.endIndex
                } else {
                    bytes.append(byte)
                }
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func hex(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Reads base64url (RFC 4648, section 5), padded or not; the standard alphabet is taken too.
    ///
    /// - Parameter text: URL-decoded text.
    /// - Returns: The bytes; `nil` if it is no base64url.
    static func base64URL(_ text: [UInt8]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count * 3 / 4 + JSONParser.padding)
        var bits: UInt32 = 0
        var count = 0
        var rest = text[...]
        while rest.last == UInt8(ascii: "=") { rest.removeLast() }
        for byte in rest {
            let value: UInt8
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = byte - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = byte - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = byte - UInt8(ascii: "0") + 52
            // A plus was read as a space.
            case UInt8(ascii: "-"), UInt8(ascii: "+"), 0x20: value = 62
            case UInt8(ascii: "_"), UInt8(ascii: "/"): value = 63
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return count < 6 ? bytes : nil
    }
}

extension Substring {
    /// Whether this is a text, to the letter.
    func isExactly(_ text: StaticString) -> Bool {
        guard utf8.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(utf8) }
    }
}
