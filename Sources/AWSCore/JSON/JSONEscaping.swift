/// Escapes strings for JSON (RFC 8259, section 7).
public enum JSONEscaping {
    /// Appends the inside of a JSON string: quotes, backslashes and control characters escaped, all else as it is.
    ///
    /// - Parameters:
    ///   - utf8: The string's bytes, valid UTF-8.
    ///   - bytes: What to append to.
    public static func append(_ utf8: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        // By chunks through the stack: what an escape adds need not be counted beforehand, nor the array be grown by
        // bytes that are written twice.
        withUnsafeTemporaryAllocation(byteCount: chunk * 6, alignment: 16) { target in
            var start = 0
            while start < utf8.count {
                let end = min(start + chunk, utf8.count)
                let count = escape(UnsafeRawBufferPointer(rebasing: utf8[start..<end]), into: target)
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: target[..<count]))
                start = end
            }
        }
    }

    /// Source bytes a chunk; six times as much is on the stack.
    private static let chunk = 2048

    /// - Returns: How many bytes were written.
    private static func escape(_ utf8: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int {
        var at = 0
        var from = 0
        // Eight bytes are copied whole, then again from each that gets a backslash before it: the next eight wait for
        // nothing but the place. There is room: what is left of the source may grow sixfold.
        while from &+ 8 <= utf8.count {
            let word = UInt64(littleEndian: utf8.loadUnaligned(fromByteOffset: from, as: UInt64.self))
            if bytes(of: word, below: 0x20) != 0 {
                for byte in utf8[from..<(from &+ 8)] { at = append(byte, to: target, at: at) }
            } else {
                target.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self)
                var special = bytes(of: word, equalTo: quote) | bytes(of: word, equalTo: backslash)
                while special != 0 {
                    let bits = UInt64(special.trailingZeroBitCount & ~7)
                    let place = at &+ Int(bits / 8)
                    target[place] = backslash
                    target.storeBytes(of: (word >> bits).littleEndian, toByteOffset: place &+ 1, as: UInt64.self)
                    special &= special &- 1
                    at &+= 1
                }
                at &+= 8
            }
            from &+= 8
        }
        for byte in utf8[from...] { at = append(byte, to: target, at: at) }
        return at
    }

    /// - Returns: The highest bit of each byte that has a value; the other bits are zero.
    private static func bytes(of word: UInt64, equalTo value: UInt8) -> UInt64 {
        bytes(of: word ^ (ones &* UInt64(value)), below: 1)
    }

    /// - Returns: The highest bit of each byte that is below a value of at most 128; the other bits are zero.
    private static func bytes(of word: UInt64, below value: UInt8) -> UInt64 {
        // No carry leaves a byte: its lower seven bits and what is missing to 128 stay below 256.
        let sums = (word & ~(ones << 7)) &+ (ones &* UInt64(0x80 - value))
        return ~(sums | word) & (ones << 7)
    }

    private static func append(_ byte: UInt8, to target: UnsafeMutableRawBufferPointer, at place: Int) -> Int {
        if byte < 0x20 || byte == quote || byte == backslash { return escape(byte, into: target, at: place) }
        target[place] = byte
        return place &+ 1
    }

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    private static func escape(_ byte: UInt8, into target: UnsafeMutableRawBufferPointer, at start: Int) -> Int {
        target[start] = backslash
        if byte >= 0x20 {
            target[start + 1] = byte
            return start + 2
        }
        switch byte {
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
