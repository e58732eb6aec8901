import AWSCore

/// What the connections of one event loop share: JSON parsers, a source of ids, the rendered date.
/// Confined to its event loop.
final class LoopContext {
    /// For requests.
    let parser = JSONParser()
    /// For items that are read again while their request is still parsed.
    let itemParser = JSONParser()
    var random: SplitMix

    private var renderedSecond: Int64 = .min
    private var renderedDate: [UInt8] = []

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    /// The `Date` header's value (RFC 9110, section 5.6.7).
    func httpDate(_ moment: Timestamp) -> [UInt8] {
        if moment.seconds != renderedSecond {
            renderedSecond = moment.seconds
            renderedDate = Array(Self.httpDate(moment).utf8)
        }
        return renderedDate
    }

    static func httpDate(_ moment: Timestamp) -> String {
        let time = CivilTime(moment)
        let days = Int((moment.seconds / 86_400) % 7)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        // 1970-01-01 was a Thursday.
        return "\(weekdays[days]), \(two(time.day)) \(months[time.month - 1]) \(time.year)"
            + " \(two(time.hour)):\(two(time.minute)):\(two(time.second)) GMT"
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
