/// When a request is signed, as `yyyyMMdd'T'HHmmss'Z'` in UTC.
struct SigningDate {
    /// The day, counted from 1970.
    let day: Int64
    /// The 16 characters.
    let bytes: [UInt8]

    /// - Parameter moment: The moment; its milliseconds are dropped.
    init(_ moment: Timestamp) {
        let seconds = moment.seconds
        day = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        let time = CivilTime(moment)
        bytes = [UInt8](unsafeUninitializedCapacity: 16) { bytes, written in
            func write(_ value: Int, at position: Int, digits: Int) {
                var value = value
                for place in stride(from: position + digits - 1, through: position, by: -1) {
                    bytes[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
                    value /= 10
                }
            }
            write(time.year, at: 0, digits: 4)
            write(time.month, at: 4, digits: 2)
            write(time.day, at: 6, digits: 2)
            bytes[8] = UInt8(ascii: "T")
            write(time.hour, at: 9, digits: 2)
            write(time.minute, at: 11, digits: 2)
            write(time.second, at: 13, digits: 2)
            bytes[15] = UInt8(ascii: "Z")
            written = 16
        }
    }

    /// All 16 characters.
    var string: String { String(decoding: bytes, as: UTF8.self) }

    /// The day's eight characters.
    var dayString: String { String(decoding: bytes[..<8], as: UTF8.self) }
}
