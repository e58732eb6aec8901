/// A small seeded generator (SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators"),
/// so that a run with faults can be repeated.
struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// Whether something of that probability happens now.
    mutating func happens(_ probability: Double) -> Bool {
        if probability <= 0 { return false }
        if probability >= 1 { return true }
        return Double(next() >> 11) * 0x1p-53 < probability
    }
}

/// A UUID, as message and request ids are written.
struct Identifier: Sendable, Hashable {
    let high: UInt64
    let low: UInt64

    init(using random: inout SplitMix) {
        // The version and variant of a random UUID (RFC 9562, section 5.4).
        high = random.next() & ~0xF000 | 0x4000
        low = random.next() & ~(0b11 << 62) | (0b10 << 62)
    }

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 36 characters, lower case.
    var text: String {
        String(unsafeUninitializedCapacity: 36) { target in
            var at = 0
            for (word, shift) in Self.nibbles {
                if at == 8 || at == 13 || at == 18 || at == 23 {
                    target[at] = UInt8(ascii: "-")
                    at += 1
                }
                target[at] = Hex.digit(UInt8(truncatingIfNeeded: (word == 0 ? high : low) >> shift) & 0xF)
                at += 1
            }
            return at
        }
    }

    private static let nibbles: [(word: Int, shift: UInt64)] = (0..<32).map { nibble in
        (nibble / 16, UInt64(60 - nibble % 16 * 4))
    }
}

/// Hexadecimal digits, lower case.
enum Hex {
    static func digit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var digits: [UInt8] = []
        for byte in bytes {
            digits.append(digit(byte >> 4))
            digits.append(digit(byte & 0xF))
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
