/// A number of DynamoDB: up to 38 significant digits, magnitude 1E-130 to 9.99…E+125, or zero.
struct Number: Hashable, Sendable {
    let isNegative: Bool
    /// Significant digits, 0 to 9 each, neither end zero; empty: zero.
    let digits: [UInt8]
    /// The number is 0.d₁d₂… × 10^exponent.
    let exponent: Int

    /// Why a text is no number.
    enum Refusal: Error {
        case notANumber, tooManyDigits, tooLarge, tooSmall
    }

    init(_ text: UnsafeRawBufferPointer) throws(Refusal) {
        var at = 0
        func byte() -> UInt8? { at < text.count ? text[at] : nil }
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { $0 >= zero && $0 <= zero + 9 } ?? false }
        var isNegative = false
        if byte() == UInt8(ascii: "-") || byte() == UInt8(ascii: "+") {
            isNegative = byte() == UInt8(ascii: "-")
            at += 1
        }
        var digits: [UInt8] = []
        var pointAt: Int?
        var seen = 0
        while at < text.count, isDigit(byte()) || (byte() == UInt8(ascii: ".") && pointAt == nil) {
            if isDigit(byte()) {
                digits.append(text[at] - zero)
                seen += 1
            } else {
                pointAt = seen
            }
            at += 1
        }
        guard seen > 0 else { throw .notANumber }
        var exponent = pointAt ?? seen
        if byte() == UInt8(ascii: "e") || byte() == UInt8(ascii: "E") {
            at += 1
            guard let power = Int(String(decoding: text[at...], as: UTF8.self)), power.magnitude < 10_000 else {
                throw .notANumber
            }
            exponent += power
            at = text.count
        }
        guard at == text.count else { throw .notANumber }
        let leading = digits.prefix { $0 == 0 }.count
        digits.removeFirst(leading)
        exponent -= leading
        while digits.last == 0 { digits.removeLast() }
        if digits.isEmpty {
            (isNegative, exponent) = (false, 0)
        } else if digits.count > 38 {
            throw .tooManyDigits
        } else if exponent > 126 {
            throw .tooLarge
        } else if exponent < -129 {
            throw .tooSmall
        }
        self.isNegative = isNegative
        self.digits = digits
        self.exponent = exponent
    }

    /// Bytes to store: one for two significant digits, one more, and one for a sign.
    var size: Int {
        digits.isEmpty ? 1 : (digits.count + 1) / 2 + 1 + (isNegative ? 1 : 0)
    }

    /// Bytes that order as the numbers do.
    var ordered: [UInt8] {
        guard !digits.isEmpty else { return [0x80] }
        let biased = exponent + 130
        let magnitude = [UInt8(biased >> 8), UInt8(biased & 0xFF)] + digits
        // A negative number's bytes are inverted, with an end that puts the longer, smaller one first.
        return isNegative ? [0x40] + magnitude.map { ~$0 } + [0xFF] : [0xC0] + magnitude
    }
}

private let zero = UInt8(ascii: "0")
