import AWSCore
import NIOCore

extension Answer {
    /// Writes the answer as HTTP/1.1 sends it, spoiled as the plan says.
    func render(into bytes: inout ByteBuffer, loop: LoopContext, at date: Timestamp, _ plan: FaultPlan) {
        switch status {
        case 200: bytes.writeStaticString("HTTP/1.1 200 OK\r\n")
        case 400: bytes.writeStaticString("HTTP/1.1 400 Bad Request\r\n")
        default: bytes.writeString("HTTP/1.1 \(status) \(Self.reason(status))\r\n")
        }
        bytes.writeStaticString("x-amzn-RequestId: ")
        bytes.writeString(Identifier(using: &loop.random).text)
        bytes.writeStaticString("\r\nContent-Type: ")
        bytes.writeStaticString(contentType)
        bytes.writeStaticString("\r\nContent-Length: ")
        bytes.writeDecimal(body.count)
        bytes.writeStaticString("\r\nDate: ")
        bytes.writeBytes(loop.httpDate(date))
        if hasCRC32 {
            bytes.writeStaticString("\r\nx-amz-crc32: ")
            let crc = crc32(of: body)
            bytes.writeDecimal(Int(plan.hasWrongCRC32 ? crc ^ 1 : crc))
        }
        for (name, value) in headers {
            bytes.writeString("\r\n\(name): \(value)")
        }
        bytes.writeStaticString("\r\n\r\n")
        bytes.writeBytes(plan.cutsBody ? body[..<(body.count / 2)] : body[...])
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 413: "Content Too Large"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 503: "Service Unavailable"
        default: "Status"
        }
    }
}

extension ByteBuffer {
    /// Writes a number that is not negative.
    mutating func writeDecimal(_ number: Int) {
        if number >= 10 { writeDecimal(number / 10) }
        writeInteger(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number % 10))
    }
}
