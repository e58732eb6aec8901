import NIOCore

/// The end of a request: its last bytes, at most eight, and how long its body is. It tells whether something came behind
/// it in the same read; where the head came in that read too, but for a body that is made to look like a head's end.
struct LastBytes {
    private var word: UInt64
    private var count: Int
    /// How long the body is so far, where the head says how long it will be.
    private var length = 0
    /// How much of it came in this read.
    private var lengthInRead = 0
    private var isHeadInRead = true

    /// What every head ends with, and every chunked body.
    static let emptyLine = LastBytes(ByteBuffer(staticString: "\r\n\r\n"))

    init(_ buffer: ByteBuffer) {
        count = min(8, buffer.readableBytes)
        word = Self.word(buffer, buffer.writerIndex, count)
    }

    /// Goes on with what came behind these bytes: more of the body.
    mutating func append(_ buffer: ByteBuffer) {
        let more = min(8, buffer.readableBytes)
        word = (more == 8 ? 0 : word << (8 * UInt64(more))) | Self.word(buffer, buffer.writerIndex, more)
        count = min(8, count + more)
        length += buffer.readableBytes
        lengthInRead += buffer.readableBytes
    }

    /// What comes of the request from now on is in another read than its head.
    mutating func startRead() {
        lengthInRead = 0
        isHeadInRead = false
    }

    /// Whether a read ends where the request does.
    func end(_ read: ByteBuffer) -> Bool {
        end(read, at: read.writerIndex)
    }

    /// What came behind these bytes.
    ///
    /// - Parameter read: A read in which they are, or a part of them at its start.
    /// - Returns: How many bytes of another request came, and whether there is a line end among them. Line ends alone
    ///   begin no request.
    func rest(of read: ByteBuffer) -> (count: Int, hasLine: Bool) {
        var index = read.writerIndex
        while index > read.readerIndex && !end(read, at: index) { index -= 1 }
        let rest = read.viewBytes(at: index, length: read.writerIndex - index)
        guard let rest, rest.contains(where: { $0 != 0x0D && $0 != 0x0A }) else { return (0, false) }
        return (rest.count, rest.contains(0x0A))
    }

    private func end(_ read: ByteBuffer, at index: Int) -> Bool {
        if length > 0 && !isHeadInRead { return index - read.readerIndex == lengthInRead }
        let count = min(count, index - read.readerIndex)
        let mask = count == 8 ? UInt64.max : 1 << (8 * UInt64(count)) - 1
        guard Self.word(read, index, count) == word & mask else { return false }
        // What came behind may end with the same bytes: before the body itself stands the head's empty line.
        let start = index - length - 4
        return length == 0 || start < read.readerIndex || read.getInteger(at: start) == Self.emptyLineWord
    }

    private static let emptyLineWord: UInt32 = 0x0D0A_0D0A

    /// The bytes before an index, at most eight, the last of them in the lowest place.
    private static func word(_ buffer: ByteBuffer, _ end: Int, _ count: Int) -> UInt64 {
        if count == 8, let word = buffer.getInteger(at: end - 8, as: UInt64.self) { return word }
        return (buffer.viewBytes(at: end - count, length: count) ?? ByteBufferView()).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
