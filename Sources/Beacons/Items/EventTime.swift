import AWSCore

/// When an event happened, and the day and hour in its key.
enum EventTime {
    /// How far from its arrival an event's own time may lie for the key to take it.
    static let window: Int64 = 7 * 24 * 3_600_000
    /// Arrivals that a message may name: of years with four digits, the window included.
    static let receivedRange = 0...(253_402_300_799_999 - window)

    /// When an event happened, by the client's clock relative to its own `sent_at`; never after its arrival.
    ///
    /// - Parameters:
    ///   - received: When its beacon arrived, in milliseconds since 1970, as all of these.
    ///   - sentAt: When the client says that it sent the beacon.
    ///   - ts: When the client says that the event happened. Fractions of a millisecond are rounded down.
    /// - Returns: When it happened, by the clock that `received` is of.
    static func at(received: Int64, sentAt: Double?, ts: Double?) -> Int64 {
        guard let ts else { return received }
        guard let sentAt else { return min(received, Int64(ts.rounded(.down))) }
        return min(received, received - (Int64(sentAt.rounded(.down)) - Int64(ts.rounded(.down))))
    }

    /// The time that the key's day and hour are of: an event sent twice lands on the same key, unless neither the time
    /// in its id nor its `ts` is usable.
    static func key(received: Int64, uuidTime: Int64?, ts: Double?) -> Int64 {
        if let uuidTime, isUsable(uuidTime, received) { return uuidTime }
        if let ts {
            let whole = Int64(ts.rounded(.down))
            if isUsable(whole, received) { return whole }
        }
        return received
    }

    private static func isUsable(_ time: Int64, _ received: Int64) -> Bool {
        (time - received).magnitude <= UInt64(window)
    }

    /// Whole hours since 1970, rounded down.
    static func hour(_ milliseconds: Int64) -> Int64 {
        floorDivide(milliseconds, 3_600_000)
    }

    /// Whole days since 1970, rounded down.
    static func day(hour: Int64) -> Int64 {
        floorDivide(hour, 24)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((divisor - 1 - value) / divisor)
    }
}

extension OutputBuffer {
    /// Appends `yyyymmdd` of an hour since 1970.
    mutating func append(dayOfHour hour: Int64) {
        let civil = CivilTime(Timestamp(seconds: hour * 3600))
        append(twoDigits: civil.year / 100)
        append(twoDigits: civil.year % 100)
        append(twoDigits: civil.month)
        append(twoDigits: civil.day)
    }

    /// Appends `yyyymmddHH` of an hour since 1970.
    mutating func append(hour: Int64) {
        append(dayOfHour: hour)
        append(twoDigits: CivilTime(Timestamp(seconds: hour * 3600)).hour)
    }

    private mutating func append(twoDigits value: Int) {
        append(UInt8(ascii: "0") + UInt8(value / 10))
        append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}
