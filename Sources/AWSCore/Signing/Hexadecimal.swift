/// Lower-case hexadecimal, as signatures and digests are written.
enum Hexadecimal {
    private static let digits: StaticString = "0123456789abcdef"
    private static let upperDigits: StaticString = "0123456789ABCDEF"

    /// Appends two digits a byte.
    ///
    /// - Parameters:
    ///   - source: The bytes to write.
    ///   - bytes: What to append to.
    static func append(_ source: UnsafeRawBufferPointer, to bytes: inout [UInt8]) {
        let digits = digits.utf8Start
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * source.count) { text in
            var position = 0
            for byte in source {
                text[position] = digits[Int(byte >> 4)]
                text[position + 1] = digits[Int(byte & 15)]
                position += 2
            }
            bytes.append(contentsOf: text)
        }
    }

    /// Appends `%` and two capital digits, as URLs escape a byte.
    ///
    /// - Parameters:
    ///   - byte: The byte to escape.
    ///   - bytes: What to append to.
    static func appendPercentEncoded(_ byte: UInt8, to bytes: inout [UInt8]) {
        let digits = upperDigits.utf8Start
        bytes.append(UInt8(ascii: "%"))
        bytes.append(digits[Int(byte >> 4)])
        bytes.append(digits[Int(byte & 15)])
    }

    /// The value of one digit, of either case; `nil` if it is none.
    static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
