import CZlib

/// Raw deflate (RFC 1951) of whole buffers. Keeps its 256 KiB between calls; not for concurrent use.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard map_beacons_deflate_init_raw(stream, Z_DEFAULT_COMPRESSION) == Z_OK else {
            preconditionFailure("out of memory in zlib")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// - Parameter bytes: What to deflate; under 4 GiB.
    /// - Returns: The deflated bytes; the same for the same bytes and release of zlib.
    func deflate(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        deflateReset(stream)
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: bound) { target, count in
            // zlib reads through a pointer to mutable bytes and does not write there.
            stream.pointee.next_in = UnsafeMutableRawPointer(mutating: bytes.baseAddress)?
                .assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_in = UInt32(bytes.count)
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = UInt32(bound)
            guard CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END else {
                preconditionFailure("deflateBound was too small")
            }
            count = bound - Int(stream.pointee.avail_out)
        }
    }
}

/// Why bytes do not inflate.
public enum InflateError: String, Error, Sendable {
    /// Not raw deflate, or cut short.
    case damaged = "not deflated data, or cut short"
    /// More bytes come out than the bound allows.
    case tooLarge = "more data than allowed"
}

/// Raw inflate (RFC 1951), bounded.
enum Inflater {
    /// - Parameters:
    ///   - bytes: Raw deflate.
    ///   - limit: Bytes that may come out at most.
    /// - Returns: The inflated bytes.
    /// - Throws: ``InflateError`` where it is not raw deflate, is cut short, or is too large.
    static func inflate(_ bytes: [UInt8], limit: Int) throws(InflateError) -> [UInt8] {
        var stream = z_stream()
        guard map_beacons_inflate_init_raw(&stream) == Z_OK else { preconditionFailure("out of memory in zlib") }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var status = Z_OK
        bytes.withUnsafeBufferPointer { source in
            stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
            stream.avail_in = UInt32(source.count)
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 << 16) { chunk in
                while status == Z_OK && output.count <= limit {
                    stream.next_out = chunk.baseAddress
                    stream.avail_out = UInt32(chunk.count)
                    status = CZlib.inflate(&stream, Z_NO_FLUSH)
                    output.append(contentsOf: chunk[..<(chunk.count - Int(stream.avail_out))])
                }
            }
        }
        if output.count > limit { throw .tooLarge }
        guard status == Z_STREAM_END else { throw .damaged }
        return output
    }
}
