import AWSCore
import CZlib

/// Inflates bodies of `gzip` and `deflate` within a bound. One for each event loop; keeps its output buffer.
///
/// On the collected body rather than as a handler of the pipeline: a request that is not compressed, as nearly all
/// are, then pays nothing for it.
final class Inflater {
    enum Encoding {
        case gzip
        /// zlib's format (RFC 1950), or raw, as some clients send it.
        case deflate
    }

    private let limit: ByteCount
    private var output: [UInt8] = []

    /// - Parameter limit: The largest inflated body.
    init(limit: ByteCount) {
        self.limit = limit
    }

    /// Inflates a body.
    ///
    /// - Parameters:
    ///   - body: The body as it came.
    ///   - encoding: How it is compressed.
    ///   - use: Takes the inflated body, behind which `JSONParser.padding` bytes are readable.
    /// - Returns: What `use` returns.
    /// - Throws: ``Refusal``: malformed, or too large.
    func inflate<Result>(
        _ body: UnsafeRawBufferPointer, _ encoding: Encoding, _ use: (UnsafeRawBufferPointer) -> Result
    ) throws(Refusal) -> Result {
        let size = try inflated(body, encoding)
        defer {
            // A large body's buffer is not kept for the small ones.
            if output.count > 1 << 16 { output = [] }
        }
        return output.withUnsafeBytes { use(UnsafeRawBufferPointer(rebasing: $0[0..<size])) }
    }

    /// Inflates into ``output``.
    ///
    /// - Returns: How many bytes it came to.
    private func inflated(_ body: UnsafeRawBufferPointer, _ encoding: Encoding) throws(Refusal) -> Int {
        var stream = z_stream()
        let version = ZLIB_VERSION
        guard
            inflateInit2_(&stream, Self.windowBits(body, encoding), version, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .malformed("The body cannot be inflated.") }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: body.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(body.count)
        var size = 0
        while true {
            // One byte more than allowed tells that it is more than allowed.
            let room = min(limit.bytes + 1, max(4096, size * 2))
            if output.count < room + JSONParser.padding {
                output += repeatElement(0, count: room + JSONParser.padding - output.count)
            }
            let (status, produced) = output.withUnsafeMutableBytes { bytes in
                let free = room - size
                stream.next_out = bytes.baseAddress?.advanced(by: size).assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(free)
                let status = CZlib.inflate(&stream, Z_NO_FLUSH)
                return (status, free - Int(stream.avail_out))
            }
            size += produced
            if size > limit.bytes { throw .bodyTooLarge(limit) }
            switch status {
            case Z_STREAM_END where stream.avail_in == 0: return size
            case Z_OK where produced > 0 || stream.avail_in > 0: continue
            case Z_STREAM_END: throw .malformed("The compressed body is followed by something else.")
            default: throw .malformed("The body is not what Content-Encoding says, or not whole.")
            }
        }
    }

    /// zlib's word for a format: 31 is gzip, 15 zlib's own, −15 raw.
    private static func windowBits(_ body: UnsafeRawBufferPointer, _ encoding: Encoding) -> Int32 {
        switch encoding {
        case .gzip: return 31
        case .deflate:
            // RFC 1950, section 2.2: method 8, and the first two bytes as a number are a multiple of 31.
            guard body.count >= 2, body[0] & 0x0F == 8, (Int(body[0]) << 8 | Int(body[1])) % 31 == 0 else { return -15 }
            return 15
        }
    }
}
