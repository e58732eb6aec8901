import AWSCore

/// A number of an event, within what the table takes.
enum Number {
    case integer(Int64)
    case double(Double)

    /// Magnitudes from this on are refused: doubles have no whole milliseconds or identities to give beyond it.
    static let limit = 1e15

    /// - Returns: `nil` where the value is no number, or of magnitude 1e15 or more.
    @inline(__always)
    init?(_ value: JSONValue) {
        switch value.kind {
        case .integer:
            guard let integer = value.integer, integer.magnitude < 1_000_000_000_000_000 else { return nil }
            self = .integer(integer)
        case .double:
            guard let double = value.double, double.magnitude < Self.limit else { return nil }
            self = .double(double)
        default:
            return nil
        }
    }

    /// The number as a double; exact, as magnitudes are below 1e15.
    var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        }
    }
}

extension OutputBuffer {
    /// Appends a number as JSON and DynamoDB read it, in the shortest form that reads back as the same number.
    ///
    /// DynamoDB takes magnitudes from 1E-130; a smaller one is written as `0`, which no map can tell from it.
    mutating func append(_ number: Number) {
        switch number {
        case .integer(let value): append(value)
        case .double(let value): append(value)
        }
    }

    private mutating func append(_ value: Double) {
        // At most 15 digits, 7 of them behind the point: a decimal of 15 digits that reads back as the value is the
        // shortest there is, since no two of them are the same double.
        let scaled = (value * 1e7).rounded()
        if scaled.magnitude < 1e15, scaled / 1e7 == value {
            appendDecimal(tenMillionths: Int64(scaled))
        } else if value.magnitude < 1e-130 {
            append(UInt8(ascii: "0"))
        } else {
            appendShortest(value)
        }
    }

    private mutating func appendDecimal(tenMillionths: Int64) {
        if tenMillionths < 0 { append(UInt8(ascii: "-")) }
        let (whole, fraction) = tenMillionths.magnitude.quotientAndRemainder(dividingBy: 10_000_000)
        append(Int64(whole))
        if fraction == 0 { return }
        append(UInt8(ascii: "."))
        var rest = fraction
        var unit: UInt64 = 1_000_000
        while rest > 0 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest / unit))
            rest %= unit
            unit /= 10
        }
    }

    /// Swift's description is the shortest that reads back: `53.912345678901234`, `1e-05`, `100000.0`.
    private mutating func appendShortest(_ value: Double) {
        var text = value.description
        text.withUTF8 { utf8 in
            let exponent = utf8.firstIndex(of: UInt8(ascii: "e"))
            var mantissa = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(utf8)[..<(exponent ?? utf8.count)])
            if mantissa.count > 2, mantissa[mantissa.count - 1] == UInt8(ascii: "0"),
                mantissa[mantissa.count - 2] == UInt8(ascii: ".")
            {
                mantissa = UnsafeRawBufferPointer(rebasing: mantissa[..<(mantissa.count - 2)])
            }
            append(mantissa)
            guard let exponent else { return }
            append("E" as StaticString)
            var digits = utf8[(exponent + 1)...]
            if digits.first == UInt8(ascii: "-") {
                append(UInt8(ascii: "-"))
                digits = digits.dropFirst()
            } else if digits.first == UInt8(ascii: "+") {
                digits = digits.dropFirst()
            }
            digits = digits.drop { $0 == UInt8(ascii: "0") }
            append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: digits)))
        }
    }
}
