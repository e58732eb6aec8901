import NIOCore

/// The last bytes of a request, at most eight: they tell whether something came behind it in the same read.
struct LastBytes {
    private var word: UInt64
    private var count: Int

    /// What every head ends with, and every chunked body.
    static let emptyLine = LastBytes(ByteBuffer(staticString: "\r\n\r\n"))

    init(_ buffer: ByteBuffer) {
        count = min(8, buffer.readableBytes)
        word = Self.word(of: buffer, count)
    }

    /// Goes on with what came behind these bytes.
    mutating func append(_ buffer: ByteBuffer) {
        let more = min(8, buffer.readableBytes)
        word = (more == 8 ? 0 : word << (8 * UInt64(more))) | Self.word(of: buffer, more)
        count = min(8, count + more)
    }

    /// Whether a read ends with these bytes, or with a part of them where it is shorter.
    func end(_ read: ByteBuffer) -> Bool {
        let count = min(count, read.readableBytes)
        let mask = count == 8 ? UInt64.max : 1 << (8 * UInt64(count)) - 1
        return Self.word(of: read, count) == word & mask
    }

    /// What came behind these bytes.
    ///
    /// - Parameter read: A read in which they are.
    /// - Returns: How many bytes of another request came, and whether there is a line end among them. Line ends alone
    ///   begin no request.
    func rest(of read: ByteBuffer) -> (count: Int, hasLine: Bool) {
        read.withUnsafeReadableBytes { bytes in
            var end = bytes.count
            // Near the read's start only a part of them is in it.
            while !bytes[max(0, end - count)..<end].elementsEqual(lastBytes(min(count, end))) { end -= 1 }
            let rest = bytes[end...]
            guard rest.contains(where: { $0 != 0x0D && $0 != 0x0A }) else { return (0, false) }
            return (rest.count, rest.contains(0x0A))
        }
    }

    private func lastBytes(_ count: Int) -> some Sequence<UInt8> {
        (0..<count).reversed().lazy.map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
    }

    private static func word(of buffer: ByteBuffer, _ count: Int) -> UInt64 {
        if count == 8, let word = buffer.getInteger(at: buffer.writerIndex - 8, as: UInt64.self) { return word }
        return buffer.readableBytesView.suffix(count).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
