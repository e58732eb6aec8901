public import AWSCore

/// A UUID of version 7 (RFC 9562, section 5.7): 48 bits of time in milliseconds, then what makes it unique.
public struct UUIDv7: Sendable, Hashable {
    /// Bytes of its text.
    public static let textLength = 36

    /// The first 64 bits: milliseconds since 1970 (48), version (4), counter (12).
    public let high: UInt64
    /// The last 64 bits: variant (2), random (62).
    public let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// When it was made.
    public var time: Timestamp {
        Timestamp(milliseconds: Int64(high >> 16))
    }

    /// Appends its text, lower case: 36 bytes.
    ///
    /// - Parameter bytes: What to append to.
    public func append(to bytes: inout [UInt8]) {
        for position in 0..<32 {
            // 8-4-4-4-12 digits.
            if position == 8 || position == 12 || position == 16 || position == 20 { bytes.append(UInt8(ascii: "-")) }
            let word = position < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - position % 16 * 4)) & 0x0F
            bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
    }
}

extension UUIDv7: CustomStringConvertible {
    /// Its text, lower case.
    public var description: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.textLength)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Makes UUIDs of version 7, each greater than the one before, even where the clock steps back.
///
/// The randomness is drawn once, as the seed of a generator of its own, so that an id costs no system call: ids must
/// be unique, not secret. Copies of a generator make the same ids; keep one, guarded by its owner.
public struct UUIDv7Generator: Sendable {
    private var random: Xoshiro256
    private var last: UInt64 = 0

    /// - Parameter source: What seeds the generator.
    public init(seededBy source: inout some RandomNumberGenerator) {
        random = Xoshiro256(seededBy: &source)
    }

    /// Seeds the generator from the system.
    public init() {
        var system = SystemRandomNumberGenerator()
        self.init(seededBy: &system)
    }

    /// Makes an id.
    ///
    /// - Parameter now: The time; one earlier than the last id's counts as the last id's.
    /// - Returns: The next id.
    public mutating func next(at now: Timestamp) -> UUIDv7 {
        let bits = random.next()
        let milliseconds = UInt64(max(0, now.milliseconds)) & 0xFFFF_FFFF_FFFF
        // Time and counter as one number of 60 bits: a full counter carries into the time (RFC 9562, section 6.2,
        // method 1). A new millisecond starts at a random value of 11 bits, which leaves room to count up.
        let fresh = milliseconds << 12 | bits & 0x7FF
        last = fresh > last && fresh >> 12 > last >> 12 ? fresh : last + 1
        let high = (last >> 12) << 16 | 0x7000 | last & 0xFFF
        return UUIDv7(high: high, low: random.next() >> 2 | 0x8000_0000_0000_0000)
    }
}

/// xoshiro256** (Blackman and Vigna, 2018): fast, and good enough for what need not be secret.
struct Xoshiro256: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init(seededBy source: inout some RandomNumberGenerator) {
        // Never all zero: the generator would stay there.
        state = (source.next(), source.next(), source.next(), source.next() | 1)
    }

    mutating func next() -> UInt64 {
        let product = state.1 &* 5
        let result = (product << 7 | product >> 57) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 << 45 | state.3 >> 19
        return result
    }
}
