/// Escapes strings for JSON (RFC 8259, section 7).
public enum JSONEscaping {
    /// Appends the inside of a JSON string: quotes, backslashes and control characters escaped, all else as it is.
    ///
    /// - Parameters:
    ///   - utf8: The string's bytes, valid UTF-8.
    ///   - bytes: What to append to.
    public static func append(_ utf8: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        var extra = 0
        for byte in utf8 {
            // At most: a control character becomes six bytes, a quote or a backslash two.
            extra &+= byte < 0x20 ? 5 : (byte == quote || byte == backslash ? 1 : 0)
        }
        if extra == 0 {
            bytes.append(contentsOf: utf8)
            return
        }
        let start = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: utf8.count + extra))
        let end = bytes.withUnsafeMutableBytes { target in
            var at = start
            for byte in utf8 {
                if byte >= 0x20 && byte != quote && byte != backslash {
                    target[at] = byte
                    at &+= 1
                } else {
                    at = escape(byte, into: target, at: at)
                }
            }
            return at
        }
        bytes.removeLast(bytes.count - end)
    }

    private static func escape(_ byte: UInt8, into target: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
        target[start] = backslash
        switch byte {
        case quote, backslash: target[start + 1] = byte
        case 0x08: target[start + 1] = UInt8(ascii: "b")
        case 0x09: target[start + 1] = UInt8(ascii: "t")
        case 0x0A: target[start + 1] = UInt8(ascii: "n")
        case 0x0C: target[start + 1] = UInt8(ascii: "f")
        case 0x0D: target[start + 1] = UInt8(ascii: "r")
        default:
            target[start + 1] = UInt8(ascii: "u")
            target[start + 2] = UInt8(ascii: "0")
            target[start + 3] = UInt8(ascii: "0")
            target[start + 4] = hexDigit(byte >> 4)
            target[start + 5] = hexDigit(byte & 0x0F)
            return start + 6
        }
        return start + 2
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
}
