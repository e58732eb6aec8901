import AWSCore

/// The `Authorization` header of Signature Version 4, in its parts.
struct Authorization: Sendable {
    let accessKeyId: String
    /// Date, region, service and `aws4_request`, joined by slashes.
    let scope: String
    /// Names in lower case.
    let signedHeaders: [String]
    let signature: String

    init?(_ text: String) {
        // By bytes: this is on every request's way, and characters cost ten times as much.
        let utf8 = text.utf8
        let algorithm = "AWS4-HMAC-SHA256 ".utf8
        guard utf8.starts(with: algorithm) else { return nil }
        var credential, names, signature: Substring.UTF8View?
        for part in utf8.dropFirst(algorithm.count).split(whereSeparator: { $0 == comma || $0 == space }) {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let value = part[part.index(after: equals)...]
            if part.starts(with: "Credential=".utf8) {
                credential = value
            } else if part.starts(with: "SignedHeaders=".utf8) {
                names = value
            } else if part.starts(with: "Signature=".utf8) {
                signature = value
            }
        }
        guard let credential, let names, let signature, let slash = credential.firstIndex(of: UInt8(ascii: "/")) else {
            return nil
        }
        accessKeyId = String(Substring(credential[..<slash]))
        scope = String(Substring(credential[credential.index(after: slash)...]))
        signedHeaders = names.split(separator: UInt8(ascii: ";")).map { String(Substring($0)) }
        self.signature = String(Substring(signature))
    }
}

private let comma = UInt8(ascii: ",")
private let space = UInt8(ascii: " ")

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
