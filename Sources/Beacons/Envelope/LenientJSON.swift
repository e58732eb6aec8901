/// Rewrites JSON that browsers produce and strict parsers refuse, and characters that SQS refuses.
///
/// * An unpaired surrogate escape becomes `\ufffd`: `JSON.stringify` of older browsers writes them, as strings cut in
///   the middle of an emoji have them.
/// * An integer over 64 bits gets a `.0`, so that it is read as a double; its digits stay as they were sent.
/// * U+FFFE and U+FFFF become their escapes (``SQSText``).
///
/// Everything else stays byte for byte. What is no JSON stays so: the result is parsed again, strictly.
enum LenientJSON {
    /// - Parameter json: Bytes that may be JSON.
    /// - Returns: The bytes rewritten.
    static func rewrite(_ json: UnsafeRawBufferPointer) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(json.count + 64)
        var at = 0
        while at < json.count {
            let byte = json[at]
            if byte == UInt8(ascii: "\"") {
                at = rewriteString(json, from: at, into: &output)
            } else if byte == UInt8(ascii: "-") || isDigit(byte) {
                at = rewriteNumber(json, from: at, into: &output)
            } else {
                output.append(byte)
                at += 1
            }
        }
        return output
    }

    /// - Returns: The position behind the closing quote, or the end.
    private static func rewriteString(
        _ json: UnsafeRawBufferPointer, from start: Int, into output: inout [UInt8]
    ) -> Int {
        var at = start + 1
        output.append(UInt8(ascii: "\""))
        while at < json.count {
            let byte = json[at]
            switch byte {
            case UInt8(ascii: "\""):
                output.append(byte)
                return at + 1
            case UInt8(ascii: "\\"):
                at = rewriteEscape(json, from: at, into: &output)
            case 0xEF where at + 2 < json.count && SQSText.isRefused(json.baseAddress.unsafelyUnwrapped + at):
                output.append(contentsOf: json[at + 2] == 0xBE ? "\\ufffe".utf8 : "\\uffff".utf8)
                at += 3
            default:
                output.append(byte)
                at += 1
            }
        }
        return at
    }

    /// - Returns: The position behind the escape.
    private static func rewriteEscape(
        _ json: UnsafeRawBufferPointer, from start: Int, into output: inout [UInt8]
    ) -> Int {
        guard let unit = codeUnit(json, at: start) else {
            // A simple escape, or none: the byte after the backslash is taken along, so that \" closes nothing.
            let end = min(start + 2, json.count)
            output.append(contentsOf: json[start..<end])
            return end
        }
        var end = start + 6
        if (0xD800...0xDBFF).contains(unit), let low = codeUnit(json, at: end), (0xDC00...0xDFFF).contains(low) {
            end += 6
        } else if (0xD800...0xDFFF).contains(unit) {
            output.append(contentsOf: "\\ufffd".utf8)
            return end
        }
        output.append(contentsOf: json[start..<end])
        return end
    }

    /// - Returns: The position behind the number.
    private static func rewriteNumber(
        _ json: UnsafeRawBufferPointer, from start: Int, into output: inout [UInt8]
    ) -> Int {
        var end = start + 1
        while end < json.count && isPartOfNumber(json[end]) { end += 1 }
        let token = UnsafeRawBufferPointer(rebasing: json[start..<end])
        output.append(contentsOf: token)
        if isIntegerOver64Bits(token) { output.append(contentsOf: ".0".utf8) }
        return end
    }

    private static func isIntegerOver64Bits(_ token: UnsafeRawBufferPointer) -> Bool {
        let isNegative = token[0] == UInt8(ascii: "-")
        var magnitude: UInt64 = 0
        var overflows = false
        for byte in token.dropFirst(isNegative ? 1 : 0) {
            guard isDigit(byte) else { return false }
            let (tens, tensOverflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = tens.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
            overflows = overflows || tensOverflow || sumOverflow
            magnitude = sum
        }
        return overflows || isNegative && magnitude > Int64.min.magnitude
    }

    /// The code unit of the `\uXXXX` at a position, if there is one.
    private static func codeUnit(_ json: UnsafeRawBufferPointer, at start: Int) -> UInt16? {
        guard start + 6 <= json.count, json[start] == UInt8(ascii: "\\"), json[start + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for byte in json[(start + 2)..<(start + 6)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt16(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return unit
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isPartOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"),
            UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
