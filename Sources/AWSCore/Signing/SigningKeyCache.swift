internal import Locking
internal import COpenSSL

/// Keeps derived signing keys: one HMAC a request instead of five.
///
/// A key holds for a secret, a day, a region and a service. The cache is bounded, drops what was made longest ago, and
/// may be shared by all signers of a process.
public final class SigningKeyCache: Sendable {
    /// A day of two services under two secrets, before and after midnight.
    static let capacity = 8

    private let entries = Guarded<[Entry]>([])

    private struct Entry: Redacted {
        let secret: String
        let day: Int64
        let region: String
        let service: String
        let key: HMACSHA256
    }

    /// An empty cache.
    public init() {}

    /// How many keys are held.
    var count: Int { entries.withLock { $0.count } }

    /// The signing key, derived unless it is held already.
    func key(secret: String, date: SigningDate, region: String, service: String) -> HMACSHA256 {
        let held = entries.withLock { entries in
            entries.first {
                $0.day == date.day && $0.service == service && $0.region == region && $0.secret == secret
            }?.key
        }
        if let held { return held }
        // Derived outside the lock: two tasks may both derive the same key, which costs microseconds once a day.
        let key = Self.derive(secret: secret, date: date, region: region, service: service)
        let entry = Entry(secret: secret, day: date.day, region: region, service: service, key: key)
        entries.withLock { entries in
            if entries.count == Self.capacity { entries.removeLast() }
            entries.insert(entry, at: 0)
        }
        return key
    }

    private static func derive(secret: String, date: SigningDate, region: String, service: String) -> HMACSHA256 {
        var key = Array("AWS4\(secret)".utf8)
        for part in [date.dayString, region, service, "aws4_request"] {
            let next = HMACSHA256(key: key).code(of: part)
            wipe(&key)
            key = next
        }
        defer { wipe(&key) }
        return HMACSHA256(key: key)
    }

    private static func wipe(_ bytes: inout [UInt8]) {
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}
