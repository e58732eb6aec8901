import AWSCore

/// The `Date` field's text (RFC 9110, section 5.6.7), made again when the second changes.
struct HTTPDate {
    /// Such as `Sun, 06 Nov 1994 08:49:37 GMT`; empty before the first ``update(_:)``.
    private(set) var text: [UInt8] = []
    private var second = Int64.min

    /// Sets the text to a moment.
    ///
    /// - Parameter now: The moment.
    /// - Returns: Whether the text is another than before.
    mutating func update(_ now: Timestamp) -> Bool {
        let seconds = now.seconds
        if seconds == second { return false }
        second = seconds
        let time = CivilTime(now)
        // 1 January 1970 was a Thursday.
        let weekday = Int(((seconds / 86_400 + 4) % 7 + 7) % 7)
        text.removeAll(keepingCapacity: true)
        text.append(contentsOf: Self.weekdays[weekday].utf8)
        text.append(contentsOf: ", ".utf8)
        append(time.day, digits: 2, before: " ")
        text.append(contentsOf: Self.months[time.month - 1].utf8)
        text.append(UInt8(ascii: " "))
        append(time.year, digits: 4, before: " ")
        append(time.hour, digits: 2, before: ":")
        append(time.minute, digits: 2, before: ":")
        append(time.second, digits: 2, before: " ")
        text.append(contentsOf: "GMT".utf8)
        return true
    }

    private mutating func append(_ number: Int, digits: Int, before separator: String) {
        var divisor = digits == 4 ? 1000 : 10
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
        text.append(contentsOf: separator.utf8)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
