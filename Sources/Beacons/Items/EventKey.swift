/// An event's identity: what its `id` is, and the key that it makes.
enum EventKey {
    /// Bytes of an `id`.
    static let idLength = 1...128

    /// Reads a UUID's text, of any version and in any case.
    ///
    /// - Parameters:
    ///   - id: An event's `id`.
    ///   - lowercase: Gets its 36 bytes, lower case.
    /// - Returns: `nil` if this is no UUID; else its time in milliseconds since 1970, where it is of version 7.
    static func uuid(_ id: UnsafeRawBufferPointer, lowercase: inout OutputBuffer) -> (isUUID: Bool, time: Int64?) {
        guard id.count == UUIDv7.textLength, id[8] == dash, id[13] == dash, id[18] == dash, id[23] == dash
        else { return (false, nil) }
        let start = lowercase.count
        var time: Int64 = 0
        for (position, byte) in id.enumerated() {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == dash else { return fail(&lowercase, start) }
                lowercase.append(byte)
                continue
            }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return fail(&lowercase, start)
            }
            lowercase.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            if position < 13 { time = time << 4 | Int64(digit) }
        }
        // RFC 9562: the version is digit 13, the variant (10 in binary) the first two bits of digit 17.
        let isVersion7 = id[14] == UInt8(ascii: "7") && "89abAB".utf8.contains(id[19])
        return (true, isVersion7 ? time : nil)
    }

    private static func fail(_ lowercase: inout OutputBuffer, _ start: Int) -> (isUUID: Bool, time: Int64?) {
        lowercase.truncate(to: start)
        return (false, nil)
    }

    private static let dash = UInt8(ascii: "-")
}
