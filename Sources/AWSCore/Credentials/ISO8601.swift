extension Timestamp {
    /// Reads a date and time as AWS writes the end of credentials: `2021-08-05T19:58:02Z`, fractions and offsets
    /// allowed (RFC 3339); `nil` if it is none.
    init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40 else { return nil }
        func number(_ start: Int, _ count: Int) -> Int64? {
            guard start + count <= bytes.count else { return nil }
            var value: Int64 = 0
            for byte in bytes[start..<(start + count)] {
                guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
                value = value * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            return value
        }
        let marks: [(Int, Set<UInt8>)] = [
            (4, [UInt8(ascii: "-")]), (7, [UInt8(ascii: "-")]), (10, [UInt8(ascii: "T"), UInt8(ascii: "t")]),
            (13, [UInt8(ascii: ":")]), (16, [UInt8(ascii: ":")]),
        ]
        guard marks.allSatisfy({ $0.1.contains(bytes[$0.0]) }),
            let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2), let second = number(17, 2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }

        var end = 19
        var milliseconds: Int64 = 0
        if bytes[end] == UInt8(ascii: ".") {
            let start = end + 1
            end = start
            while end < bytes.count, bytes[end] >= UInt8(ascii: "0"), bytes[end] <= UInt8(ascii: "9") { end += 1 }
            guard end > start, let fraction = number(start, min(3, end - start)) else { return nil }
            milliseconds = fraction
            for _ in 0..<max(0, 3 - (end - start)) { milliseconds *= 10 }
        }
        var offset: Int64 = 0
        switch end < bytes.count ? bytes[end] : 0 {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            guard end + 1 == bytes.count else { return nil }
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard end + 6 == bytes.count, bytes[end + 3] == UInt8(ascii: ":"), let hours = number(end + 1, 2),
                let minutes = number(end + 4, 2)
            else { return nil }
            offset = (hours * 60 + minutes) * (bytes[end] == UInt8(ascii: "-") ? -60 : 60)
        default: return nil
        }
        // Date to days by eras of 400 years that begin on 1 March (Howard Hinnant, days_from_civil).
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(milliseconds: seconds * 1000 + milliseconds)
    }
}
