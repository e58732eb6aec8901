/// A set of small numbers, a bit each: a long soak may not itself grow.
struct NumberSet: Sendable {
    private var words: [UInt64] = []

    mutating func insert(_ number: Int) {
        let word = number >> 6
        if word >= words.count { words += [UInt64](repeating: 0, count: word + 1 - words.count) }
        words[word] |= 1 << UInt64(number & 63)
    }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The numbers that are not in the other set.
    func subtracting(_ other: NumberSet) -> [Int] {
        words.indices.flatMap { at in
            let left = words[at] & ~(at < other.words.count ? other.words[at] : 0)
            return (0..<64).filter { left & (1 << UInt64($0)) != 0 }.map { at << 6 + $0 }
        }
    }
}
