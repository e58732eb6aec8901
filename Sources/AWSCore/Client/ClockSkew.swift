internal import Locking

/// How far the server's clock is ahead of ours, learnt from the `Date` of answers that refuse a signature's time.
final class ClockSkew: Sendable {
    /// Less than this is not what a signature was refused for.
    static let threshold: Duration = .seconds(240)

    private let offset = Guarded(Duration.zero)

    /// What to add to our clock.
    var current: Duration { offset.withLock { $0 } }

    /// Learns from an answer.
    ///
    /// - Parameters:
    ///   - response: The answer that was refused.
    ///   - error: Its error.
    ///   - signedAt: The time that the request was signed with.
    ///   - now: Our clock's time.
    /// - Returns: Whether the signature's time was far enough off to be the reason, so that a retry is worth it.
    func learn(from response: HTTPResponse, _ error: AWSError, signedAt: Timestamp, now: Timestamp) -> Bool {
        guard Self.codes.contains(error.code) || Self.codes.contains(error.type) else { return false }
        guard let date = response[header: "date"], let serverTime = Timestamp(httpDate: date) else { return false }
        let skew = serverTime - signedAt
        guard skew > Self.threshold || skew < .zero - Self.threshold else { return false }
        offset.withLock { $0 = serverTime - now }
        return true
    }

    private static let codes: Set<AWSError.Code> = [
        "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "RequestTimeTooSkewed",
        "AccessDeniedException", "RequestExpired",
    ]
}

extension Timestamp {
    /// - Parameter httpDate: A date as HTTP writes it now (RFC 9110, IMF-fixdate): `Sun, 06 Nov 1994 08:49:37 GMT`.
    public init?(httpDate: String) {
        let parts = httpDate.split { $0 == " " || $0 == "," || $0 == ":" }
        guard parts.count == 8, parts[7] == "GMT", let day = Int64(parts[1]), let year = Int64(parts[3]),
            let hour = Int64(parts[4]), let minute = Int64(parts[5]), let second = Int64(parts[6]),
            let month = Self.months.firstIndex(of: String(parts[2])),
            (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(hour), (0...59).contains(minute),
            (0...60).contains(second)
        else { return nil }
        // Date to days by eras of 400 years that begin on 1 March (Howard Hinnant, days_from_civil).
        let shiftedYear = month < 2 ? year - 1 : year
        let shiftedMonth = Int64((month + 10) % 12)
        let yearOfEra = shiftedYear % 400
        let dayOfYear = (153 * shiftedMonth + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = shiftedYear / 400 * 146_097 + dayOfEra - 719_468
        self.init(seconds: days * 86_400 + hour * 3600 + minute * 60 + second)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
