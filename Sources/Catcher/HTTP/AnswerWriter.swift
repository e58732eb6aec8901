import AWSCore
import NIOCore

/// Renders answers; what is the same in many is rendered once. One for each event loop.
final class AnswerWriter {
    private var date = HTTPDate()
    private var accepted = ByteBuffer()
    private let allocator = ByteBufferAllocator()

    /// Renders an answer.
    ///
    /// - Parameters:
    ///   - answer: The answer.
    ///   - route: What was asked for; the pixel is always an image.
    ///   - origin: The allowed origin that it is for, as the client sent it.
    ///   - closes: Whether the connection ends with it.
    ///   - isHead: Whether the request was HEAD, whose answer has no body.
    ///   - now: The time, for `Date`.
    /// - Returns: The bytes to send. The most common answer is shared memory.
    func render(
        _ answer: HTTPAnswer, to route: RouteName = .work, origin: String?, closes: Bool, isHead: Bool = false,
        now: Timestamp
    ) -> ByteBuffer {
        let isNewSecond = date.update(now)
        if route == .pixel, let image = image(answer, origin, closes, isHead) { return image }
        if case .accepted = answer, origin == nil, !closes {
            if isNewSecond || accepted.readableBytes == 0 {
                accepted = rendered(answer, origin: nil, closes: false, isHead: false)
            }
            return accepted
        }
        return rendered(answer, origin: origin, closes: closes, isHead: isHead)
    }

    private func rendered(_ answer: HTTPAnswer, origin: String?, closes: Bool, isHead: Bool) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 384)
        switch answer {
        case .accepted:
            buffer.writeStaticString("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")
            finishHead(&buffer, origin, closes)
        case .preflight:
            buffer.writeStaticString("HTTP/1.1 204 No Content\r\nAccess-Control-Max-Age: 86400\r\n")
            buffer.writeStaticString("Access-Control-Allow-Methods: POST, GET\r\n")
            buffer.writeStaticString("Access-Control-Allow-Headers: Content-Type, Content-Encoding\r\n")
            finishHead(&buffer, origin, closes)
        case .robots:
            let text: StaticString = "User-agent: *\nDisallow: /\n"
            buffer.writeStaticString("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ")
            buffer.writeDecimal(text.utf8CodeUnitCount)
            buffer.writeStaticString("\r\n")
            finishHead(&buffer, origin, closes)
            buffer.writeStaticString(text)
        case .refused(let refusal):
            write(refusal, to: &buffer, origin, closes, isHead)
        }
        return buffer
    }

    /// The pixel, with the status of an answer to beacons.
    private func image(_ answer: HTTPAnswer, _ origin: String?, _ closes: Bool, _ isHead: Bool) -> ByteBuffer? {
        var buffer = allocator.buffer(capacity: 384)
        switch answer {
        case .accepted: buffer.writeStaticString("HTTP/1.1 200 OK\r\n")
        case .refused(let refusal) where refusal.status != 405: writeLine(refusal, to: &buffer)
        case .refused, .preflight, .robots: return nil
        }
        buffer.writeStaticString("Content-Type: image/gif\r\nCache-Control: no-store\r\nContent-Length: ")
        buffer.writeDecimal(Self.pixel.count)
        buffer.writeStaticString("\r\n")
        finishHead(&buffer, origin, closes)
        if !isHead { buffer.writeBytes(Self.pixel) }
        return buffer
    }

    /// GIF89a, one transparent pixel.
    static let pixel: [UInt8] = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x21, 0xF9, 4, 1, 0, 0,
        0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B,
    ]

    private func writeLine(_ refusal: Refusal, to buffer: inout ByteBuffer) {
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeDecimal(refusal.status)
        buffer.writeStaticString(" ")
        buffer.writeStaticString(refusal.reason)
        buffer.writeStaticString("\r\n")
        buffer.writeStaticString(refusal.fields)
        if let wait = refusal.retryAfter {
            let (seconds, attoseconds) = wait.components
            buffer.writeStaticString("Retry-After: ")
            buffer.writeDecimal(max(1, Int(seconds) + (attoseconds > 0 ? 1 : 0)))
            buffer.writeStaticString("\r\n")
        }
    }

    private func write(
        _ refusal: Refusal, to buffer: inout ByteBuffer, _ origin: String?, _ closes: Bool, _ isHead: Bool
    ) {
        var body = JSONWriter(capacity: 160)
        body.beginObject()
        body.key("error")
        body.string("\(refusal.error)")
        body.key("detail")
        body.string(refusal.detail)
        body.endObject()
        writeLine(refusal, to: &buffer)
        buffer.writeStaticString("Content-Type: application/json\r\nContent-Length: ")
        buffer.writeDecimal(body.bytes.count)
        buffer.writeStaticString("\r\n")
        finishHead(&buffer, origin, closes)
        if !isHead { buffer.writeBytes(body.bytes) }
    }

    private func finishHead(_ buffer: inout ByteBuffer, _ origin: String?, _ closes: Bool) {
        buffer.writeStaticString("Date: ")
        buffer.writeBytes(date.text)
        if let origin {
            buffer.writeStaticString("\r\nAccess-Control-Allow-Origin: ")
            buffer.writeString(origin)
            buffer.writeStaticString("\r\nVary: Origin\r\nAccess-Control-Allow-Credentials: true")
            buffer.writeStaticString("\r\nAccess-Control-Expose-Headers: Retry-After")
        }
        if closes { buffer.writeStaticString("\r\nConnection: close") }
        buffer.writeStaticString("\r\n\r\n")
    }
}

extension ByteBuffer {
    /// Appends a number that is not negative, in decimal.
    mutating func writeDecimal(_ number: Int) {
        if number >= 10 { writeDecimal(number / 10) }
        writeInteger(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
