import AWSCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Bytes that grow, written through a pointer: an item is put together from some ninety pieces, and `Array.append`
/// would check uniqueness and capacity for each of their parts.
struct OutputBuffer: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// How many bytes have been written.
    private(set) var count = 0

    init(capacity: Int = 4096) {
        self.capacity = capacity
        start = .allocate(capacity: capacity)
    }

    deinit {
        start.deallocate()
    }

    /// The bytes written so far; valid until the next write.
    var bytes: UnsafeRawBufferPointer {
        @inline(__always) get { UnsafeRawBufferPointer(start: start, count: count) }
    }

    /// Forgets what was written from a position on.
    @inline(__always)
    mutating func truncate(to count: Int) {
        self.count = count
    }

    /// An array of what was written from a position on.
    func array(from position: Int = 0) -> [UInt8] {
        Array(UnsafeBufferPointer(start: start + position, count: count - position))
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: start, count: count)
        start.deallocate()
        start = moved
        capacity = larger
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1)
        start[count] = byte
        count &+= 1
    }

    @inline(__always)
    mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        memcpy(start + count, text.utf8Start, length)
        count &+= length
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count)
        memcpy(start + count, source, bytes.count)
        count &+= bytes.count
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    mutating func append(_ value: Int64) {
        reserve(20)
        var magnitude = value.magnitude
        if value < 0 { append(UInt8(ascii: "-")) }
        let first = count
        repeat {
            let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
            start[count] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
            count &+= 1
            magnitude = quotient
        } while magnitude > 0
        var low = first
        var high = count &- 1
        while low < high {
            let byte = start[low]
            start[low] = start[high]
            start[high] = byte
            low &+= 1
            high &-= 1
        }
    }

    /// Appends the inside of a JSON string: quotes, backslashes and control characters escaped, all else as it is.
    mutating func append(escaping utf8: UnsafeRawBufferPointer) {
        var escapes = 0
        for byte in utf8 where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
            escapes &+= 1
        }
        if escapes == 0 { return append(utf8) }
        reserve(utf8.count + escapes * 5)
        for byte in utf8 {
            if byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
                start[count] = byte
                count &+= 1
            } else {
                appendEscape(byte)
            }
        }
    }

    /// Room for it has been reserved.
    @inline(__always)
    private mutating func appendEscape(_ byte: UInt8) {
        start[count] = UInt8(ascii: "\\")
        count &+= 2
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): start[count &- 1] = byte
        case 0x08: start[count &- 1] = UInt8(ascii: "b")
        case 0x09: start[count &- 1] = UInt8(ascii: "t")
        case 0x0A: start[count &- 1] = UInt8(ascii: "n")
        case 0x0C: start[count &- 1] = UInt8(ascii: "f")
        case 0x0D: start[count &- 1] = UInt8(ascii: "r")
        default:
            start[count &- 1] = UInt8(ascii: "u")
            start[count] = UInt8(ascii: "0")
            start[count &+ 1] = UInt8(ascii: "0")
            start[count &+ 2] = Self.hexDigit(byte >> 4)
            start[count &+ 3] = Self.hexDigit(byte & 0x0F)
            count &+= 4
        }
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
    }

    /// Appends a value of a document as JSON without white space.
    mutating func append(json value: JSONValue) {
        switch value.kind {
        case .string:
            append(UInt8(ascii: "\""))
            if let utf8 = value.utf8 { append(escaping: utf8) }
            append(UInt8(ascii: "\""))
        case .integer: append(value.integer ?? 0)
        case .bool: append(value.bool == true ? "true" as StaticString : "false")
        case .null: append("null" as StaticString)
        case .double, .unsignedInteger, .object, .array:
            var bytes: [UInt8] = []
            value.write(to: &bytes)
            append(bytes)
        }
    }
}
