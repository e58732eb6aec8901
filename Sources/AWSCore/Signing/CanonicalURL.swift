/// The parts of a URL that are signed.
struct CanonicalURL {
    /// The host, with the port where it is not the scheme's own: what goes into `Host`.
    let host: Substring.UTF8View
    private let path: Substring.UTF8View
    private let query: Substring.UTF8View

    /// - Parameter url: An absolute URL of http or https, as it is sent.
    init(_ url: String) {
        let url = url.utf8[...]
        var start = url.startIndex
        if let colon = url.firstIndex(of: UInt8(ascii: ":")), url[colon...].starts(with: "://".utf8) {
            start = url.index(colon, offsetBy: 3)
        }
        let isSecure = url.starts(with: "https:".utf8)
        let rest = url[start...]
        let hostEnd =
            rest.firstIndex { byte in
                byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
            } ?? rest.endIndex
        host = Self.host(of: rest[..<hostEnd], defaultPort: isSecure ? ":443" : ":80")
        var tail = rest[hostEnd...]
        if let fragment = tail.firstIndex(of: UInt8(ascii: "#")) { tail = tail[..<fragment] }
        if let mark = tail.firstIndex(of: UInt8(ascii: "?")) {
            path = tail[..<mark]
            query = tail[tail.index(after: mark)...]
        } else {
            path = tail
            query = tail[tail.endIndex...]
        }
    }

    /// What messages tell of a URL: scheme, host and port. User, path and query may be secret; on ECS the path is.
    static func origin(of url: String) -> String {
        let host = Substring(CanonicalURL(url).host)
        let scheme = url.prefix { $0.isASCII && $0.isLetter }
        return url.dropFirst(scheme.count).hasPrefix("://") ? "\(scheme)://\(host)" : String(host)
    }

    private static func host(of authority: Substring.UTF8View, defaultPort: String) -> Substring.UTF8View {
        var host = authority
        if let at = host.lastIndex(of: UInt8(ascii: "@")) { host = host[host.index(after: at)...] }
        if host.count > defaultPort.utf8.count, host.suffix(defaultPort.utf8.count).elementsEqual(defaultPort.utf8) {
            host = host.dropLast(defaultPort.utf8.count)
        }
        return host
    }

    /// Appends the path, escaped once more than it is sent, as every service but S3 expects.
    ///
    /// - Parameters:
    ///   - isNormalized: Whether `.`, `..` and repeated slashes are resolved first (RFC 3986, 5.2.4).
    ///   - bytes: What to append to.
    func appendPath(isNormalized: Bool, to bytes: inout [UInt8]) {
        if path.isEmpty || path.elementsEqual(CollectionOfOne(UInt8(ascii: "/"))) {
            bytes.append(UInt8(ascii: "/"))
            return
        }
        guard isNormalized else {
            for byte in path { Self.appendEscaped(byte, keepsSlash: true, to: &bytes) }
            return
        }
        var segments: [Substring.UTF8View] = []
        for segment in path.split(separator: UInt8(ascii: "/")) where !segment.elementsEqual(".".utf8) {
            if !segment.elementsEqual("..".utf8) {
                segments.append(segment)
            } else if !segments.isEmpty {
                segments.removeLast()
            }
        }
        bytes.append(UInt8(ascii: "/"))
        for (position, segment) in segments.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: "/")) }
            for byte in segment { Self.appendEscaped(byte, keepsSlash: false, to: &bytes) }
        }
        if !segments.isEmpty, path.last == UInt8(ascii: "/") { bytes.append(UInt8(ascii: "/")) }
    }

    /// Appends the query: names and values escaped exactly once, sorted by name, then by value.
    ///
    /// - Parameter bytes: What to append to.
    func appendQuery(to bytes: inout [UInt8]) {
        if query.isEmpty { return }
        var pairs: [(name: [UInt8], value: [UInt8])] = []
        for pair in query.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            pairs.append((Self.escapedOnce(pair[..<equals]), Self.escapedOnce(pair[equals...].dropFirst())))
        }
        pairs.sort { left, right in
            left.name == right.name
                ? left.value.lexicographicallyPrecedes(right.value)
                : left.name.lexicographicallyPrecedes(right.name)
        }
        for (position, pair) in pairs.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: "&")) }
            bytes.append(contentsOf: pair.name)
            bytes.append(UInt8(ascii: "="))
            bytes.append(contentsOf: pair.value)
        }
    }

    /// Appends text, all but unreserved characters escaped, as a form's or a query's value.
    static func appendEscaped(_ text: String, to bytes: inout [UInt8]) {
        for byte in text.utf8 { appendEscaped(byte, keepsSlash: false, to: &bytes) }
    }

    /// What is escaped already keeps one escape, in capitals; what needs one and has none gets it.
    private static func escapedOnce(_ part: Substring.UTF8View) -> [UInt8] {
        var escaped: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"),
                let high = rest.first.flatMap(Hexadecimal.value),
                let low = rest.dropFirst().first.flatMap(Hexadecimal.value)
            {
                rest = rest.dropFirst(2)
                appendEscaped(high << 4 | low, keepsSlash: false, to: &escaped)
            } else {
                appendEscaped(byte, keepsSlash: false, to: &escaped)
            }
        }
        return escaped
    }

    private static func appendEscaped(_ byte: UInt8, keepsSlash: Bool, to bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        case UInt8(ascii: "/") where keepsSlash:
            bytes.append(byte)
        default:
            Hexadecimal.appendPercentEncoded(byte, to: &bytes)
        }
    }
}
