/// What a receive gives and a delete takes: which message of which queue, and which of its receives.
struct ReceiptHandle: Sendable, Hashable {
    let slot: UInt32
    let generation: UInt32
    /// The number of the receive within the message; the latest one alone deletes.
    let receipt: UInt32
    /// Tells the queues apart.
    let queueTag: UInt32

    private static let prefix = "AQEB"

    var text: String {
        let words = Identifier(
            high: UInt64(slot) << 32 | UInt64(generation), low: UInt64(receipt) << 32 | UInt64(queueTag))
        return Self.prefix + words.hexadecimal
    }

    init(slot: UInt32, generation: UInt32, receipt: UInt32, queueTag: UInt32) {
        self.slot = slot
        self.generation = generation
        self.receipt = receipt
        self.queueTag = queueTag
    }

    /// Reads a handle; `nil` if the text is none of this simulator's.
    init?(_ text: UnsafeRawBufferPointer) {
        let prefix = Self.prefix.utf8
        guard text.count == prefix.count + 32, text.starts(with: prefix) else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for at in 0..<32 {
            let value: UInt8
            switch text[prefix.count + at] {
            case let digit where digit >= UInt8(ascii: "0") && digit <= UInt8(ascii: "9"):
                value = digit - UInt8(ascii: "0")
            case let digit where digit >= UInt8(ascii: "a") && digit <= UInt8(ascii: "f"):
                value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            if at < 16 { words.0 = words.0 << 4 | UInt64(value) } else { words.1 = words.1 << 4 | UInt64(value) }
        }
        self.init(
            slot: UInt32(words.0 >> 32), generation: UInt32(truncatingIfNeeded: words.0),
            receipt: UInt32(words.1 >> 32), queueTag: UInt32(truncatingIfNeeded: words.1))
    }
}
