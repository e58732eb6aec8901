import AWSCore

/// The `Authorization` header of Signature Version 4, in its parts.
struct Authorization: Sendable {
    let accessKeyId: String
    /// Date, region, service and `aws4_request`, joined by slashes.
    let scope: String
    /// Names in lower case.
    let signedHeaders: Set<String>
    let signature: String

    init?(_ text: String) {
        let algorithm = "AWS4-HMAC-SHA256 "
        guard text.hasPrefix(algorithm) else { return nil }
        var parts: [Substring: Substring] = [:]
        for part in text.dropFirst(algorithm.count).split(whereSeparator: { $0 == "," || $0 == " " }) {
            let sides = part.split(separator: "=", maxSplits: 1)
            if sides.count == 2 { parts[sides[0]] = sides[1] }
        }
        guard let credential = parts["Credential"], let slash = credential.firstIndex(of: "/"),
            let names = parts["SignedHeaders"], let signature = parts["Signature"]
        else { return nil }
        accessKeyId = String(credential[..<slash])
        scope = String(credential[credential.index(after: slash)...])
        signedHeaders = Set(names.split(separator: ";").map(String.init))
        self.signature = String(signature)
    }
}

extension Timestamp {
    /// Reads `20260131T235959Z`.
    init?(signingDate text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            (bytes[..<8] + bytes[9..<15]).allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        else { return nil }
        func number(_ range: Range<Int>) -> Int {
            bytes[range].reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        }
        // Days from the civil date, by eras of 400 years that begin on 1 March (Howard Hinnant, days_from_civil).
        let month = number(4..<6)
        let year = number(0..<4) - (month <= 2 ? 1 : 0)
        let yearOfEra = year % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + number(6..<8) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        let days = year / 400 * 146_097 + dayOfEra - 719_468
        self.init(
            seconds: Int64(days) * 86_400 + Int64(number(9..<11) * 3600 + number(11..<13) * 60 + number(13..<15)))
    }
}
