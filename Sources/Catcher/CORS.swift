import Operations

/// A web origin as browsers serialise it (RFC 6454, section 6.2), or `null`.
struct Origin: Hashable, Sendable, SettingValue {
    /// `scheme://host[:port]` in lower case, without the port that the scheme has anyway; or `null`.
    let text: String

    static let accepted = "an origin as browsers send it, such as https://example.com or http://localhost:8080, or null"

    /// - Parameter setting: The origin, letters in either case; nothing behind host and port, for that never matches.
    init?(setting: String) {
        let lower = setting.lowercased()
        if lower == "null" {
            text = lower
            return
        }
        guard let mark = lower.firstRange(of: "://"), Self.isScheme(lower[..<mark.lowerBound]),
            let (host, port) = Self.split(lower[mark.upperBound...]), Self.isHost(host)
        else { return nil }
        let scheme = lower[..<mark.lowerBound]
        let isUsual = (scheme == "http" && port == 80) || (scheme == "https" && port == 443)
        text = "\(scheme)://\(host)" + (port.flatMap { isUsual ? nil : ":\($0)" } ?? "")
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "+-.".utf8.contains($0) }
    }

    private static func split(_ authority: Substring) -> (host: Substring, port: Int?)? {
        let bracket = authority.lastIndex(of: "]") ?? authority.startIndex
        guard let colon = authority[bracket...].firstIndex(of: ":") else { return (authority, nil) }
        let digits = authority[authority.index(after: colon)...]
        guard digits.utf8.allSatisfy(isDigit), let port = Int(digits), 1...65_535 ~= port else { return nil }
        return (authority[..<colon], port)
    }

    /// A name in ASCII (others are sent as punycode), an IPv4 address, or an IPv6 address in brackets.
    private static func isHost(_ host: Substring) -> Bool {
        if host.first == "[" && host.last == "]" {
            return IPAddress(String(host.dropFirst().dropLast())).map { !$0.isIPv4 } ?? false
        }
        return !host.isEmpty && host.utf8.allSatisfy { isLetter($0) || isDigit($0) || "-._".utf8.contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "a") < 26 }
    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}

/// Which origins' pages may send beacons.
struct OriginPolicy: Sendable {
    private let listed: Set<String>?

    /// - Parameter origins: The origins allowed; `nil` allows any but `null`.
    init(_ origins: [Origin]?) {
        listed = origins.map { Set($0.map(\.text)) }
    }

    /// Whether an origin is allowed, as far as a list that may also be kept elsewhere goes: where this has none, any.
    func allowsWhereListed(_ origin: String) -> Bool {
        listed.map { Self.holds($0, origin) } ?? true
    }

    /// Whether an origin is allowed. The origin `null`, which any sandboxed page has, only where it is listed.
    func allows(_ origin: String) -> Bool {
        listed.map { Self.holds($0, origin) } ?? (origin != "null")
    }

    /// Browsers send lower case; what else sends an origin may not.
    private static func holds(_ listed: Set<String>, _ origin: String) -> Bool {
        listed.contains(origin) || listed.contains(origin.lowercased())
    }
}
