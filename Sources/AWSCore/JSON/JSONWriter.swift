/// Writes JSON into a byte array: no intermediate tree, no Foundation.
///
/// Commas and colons are placed by the writer; that begins and ends match is the caller's part.
public struct JSONWriter: Sendable {
    /// What has been written so far, UTF-8.
    public private(set) var bytes: [UInt8]
    private var needsComma = false

    /// - Parameter capacity: Bytes to reserve, so that a document of about that size is written without growing.
    public init(capacity: Int = 256) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    /// Opens an object, as a value or an element.
    public mutating func beginObject() {
        separate()
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    /// Closes the object that was opened last.
    public mutating func endObject() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Opens an array, as a value or an element.
    public mutating func beginArray() {
        separate()
        bytes.append(UInt8(ascii: "["))
        needsComma = false
    }

    /// Closes the array that was opened last.
    public mutating func endArray() {
        bytes.append(UInt8(ascii: "]"))
        needsComma = true
    }

    /// Writes a member's key; its value follows.
    ///
    /// - Parameter name: The key, of characters that need no escape.
    public mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a member's key, escaped; its value follows.
    ///
    /// - Parameter name: The key.
    public mutating func key(escaping name: some StringProtocol) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    /// Writes a string, escaped.
    ///
    /// - Parameter value: The string.
    public mutating func string(_ value: some StringProtocol) {
        let isWritten: Void? = value.utf8.withContiguousStorageIfAvailable {
            string(utf8: UnsafeRawBufferPointer($0))
        }
        if isWritten == nil {
            Array(value.utf8).withUnsafeBytes { string(utf8: $0) }
        }
    }

    /// Writes a string, escaped.
    ///
    /// - Parameter utf8: The string's bytes, valid UTF-8.
    public mutating func string(utf8: UnsafeRawBufferPointer) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        JSONEscaping.append(utf8, to: &bytes)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes a string that holds a number in decimal, as DynamoDB's `N` and SQS's attributes want it.
    ///
    /// - Parameter value: The number.
    public mutating func decimalString(_ value: some BinaryInteger) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        appendDecimal(Int64(value))
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    /// Writes an integer.
    ///
    /// - Parameter value: The number.
    public mutating func integer(_ value: some BinaryInteger) {
        separate()
        appendDecimal(Int64(value))
        needsComma = true
    }

    /// Writes `true` or `false`.
    ///
    /// - Parameter value: Which.
    public mutating func bool(_ value: Bool) {
        raw(value ? "true" : "false")
    }

    /// Writes `null`.
    public mutating func null() {
        raw("null")
    }

    /// Writes a value that is JSON already.
    ///
    /// - Parameter json: One JSON value.
    public mutating func raw(_ json: StaticString) {
        separate()
        json.withUTF8Buffer { bytes.append(contentsOf: $0) }
        needsComma = true
    }

    /// Writes a value that is JSON already.
    ///
    /// - Parameter json: One JSON value, UTF-8.
    public mutating func raw(_ json: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }

    private mutating func appendDecimal(_ value: Int64) {
        var magnitude = value.magnitude
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        if magnitude < 10 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude))
            return
        }
        let start = bytes.count
        while magnitude > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: magnitude % 10))
            magnitude /= 10
        }
        bytes[start...].reverse()
    }
}
