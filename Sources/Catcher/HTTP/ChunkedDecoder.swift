import AWSCore
import NIOCore

/// Takes a chunked body apart (RFC 9112, section 7.1), strictly; extensions and trailers are read and dropped.
struct ChunkedDecoder {
    enum Progress {
        case incomplete
        case complete
        case refused(Refusal)
    }

    private enum State {
        case size
        case data(Int)
        case dataEnd
        case trailer
    }

    private var state = State.size
    private var trailerBytes = 0
    let limits: Limits

    init(limits: Limits) {
        self.limits = limits
    }

    /// Moves what has arrived of the body from one buffer to another.
    ///
    /// - Parameters:
    ///   - input: What has arrived; what belongs to the body is read off it.
    ///   - body: What the chunks hold is appended.
    /// - Returns: Whether the body is whole.
    mutating func decode(_ input: inout ByteBuffer, into body: inout ByteBuffer) -> Progress {
        while true {
            switch state {
            case .size:
                switch line(&input, limit: 256) {
                case .none: return .incomplete
                case .some(.none): return .refused(.malformed("A chunk's size is malformed."))
                case .some(.some(let line)):
                    guard let size = Self.size(line) else {
                        return .refused(.malformed("A chunk's size is malformed."))
                    }
                    if body.readableBytes + size > limits.body.bytes { return .refused(.bodyTooLarge(limits.body)) }
                    state = size == 0 ? .trailer : .data(size)
                }
            case .data(let left):
                let count = min(left, input.readableBytes)
                if var part = input.readSlice(length: count) { body.writeBuffer(&part) }
                if count < left {
                    state = .data(left - count)
                    return .incomplete
                }
                state = .dataEnd
            case .dataEnd:
                guard input.readableBytes >= 2 else { return .incomplete }
                guard input.readInteger(as: UInt16.self) == 0x0D0A else {
                    return .refused(.malformed("A chunk is longer than its size."))
                }
                state = .size
            case .trailer:
                switch line(&input, limit: limits.headers.bytes - trailerBytes) {
                case .none: return .incomplete
                case .some(.none): return .refused(.malformed("The trailer is malformed or too large."))
                case .some(.some(let line)):
                    if line.readableBytes == 0 { return .complete }
                    trailerBytes += line.readableBytes + 2
                }
            }
        }
    }

    /// Reads a line off the input.
    ///
    /// - Returns: `nil` if it has not come whole; `.some(nil)` if it is too long or does not end with CR LF.
    private func line(_ input: inout ByteBuffer, limit: Int) -> ByteBuffer?? {
        let view = input.readableBytesView.prefix(limit + 2)
        guard let lineFeed = view.firstIndex(of: 0x0A) else {
            return view.count == limit + 2 ? .some(nil) : .none
        }
        let count = lineFeed - view.startIndex + 1
        guard count >= 2, view[lineFeed - 1] == 0x0D, let line = input.readSlice(length: count) else {
            return .some(nil)
        }
        return .some(line.getSlice(at: line.readerIndex, length: count - 2))
    }

    /// The hexadecimal size at the line's start; what follows it must be an extension.
    private static func size(_ line: ByteBuffer) -> Int? {
        var size = 0
        var digits = 0
        for byte in line.readableBytesView {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): size = size << 4 | Int(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): size = size << 4 | Int(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): size = size << 4 | Int(byte - UInt8(ascii: "A") + 10)
            case UInt8(ascii: ";"): return digits > 0 && isExtension(line) ? size : nil
            default: return nil
            }
            digits += 1
            if digits > 8 { return nil }
        }
        return digits > 0 ? size : nil
    }

    private static func isExtension(_ line: ByteBuffer) -> Bool {
        line.readableBytesView.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}
