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
        // Eight bytes are copied whole, of which those count that come before the first to be escaped. There is room:
        // what is left of the source may grow sixfold.
        while from &+ 8 <= utf8.count {
            let word = UInt64(littleEndian: utf8.loadUnaligned(fromByteOffset: from, as: UInt64.self))
            target.storeBytes(of: word.littleEndian, toByteOffset: at, as: UInt64.self)
            let plain = special(in: word).trailingZeroBitCount / 8
            at &+= plain
            from &+= plain
            if plain < 8 {
                at = escape(utf8[from], into: target, at: at)
                from &+= 1
            }
        }
        for byte in utf8[from...] {
            if byte >= 0x20 && byte != quote && byte != backslash {
                target[at] = byte
                at &+= 1
            } else {
                at = escape(byte, into: target, at: at)
            }
        }
        return at
    }

    /// - Returns: Bits of which the lowest is in the first byte that is to be escaped; zero if there is none.
    private static func special(in word: UInt64) -> UInt64 {
        // "Determine if a word has a byte less than n" (Sean Anderson, Bit Twiddling Hacks): exact up to the first.
        func less(_ word: UInt64, than n: UInt8) -> UInt64 { (word &- ones &* UInt64(n)) & ~word }
        let quotes = less(word ^ (ones &* UInt64(quote)), than: 1)
        let backslashes = less(word ^ (ones &* UInt64(backslash)), than: 1)
        return (less(word, than: 0x20) | quotes | backslashes) & (ones << 7)
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
