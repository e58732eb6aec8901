#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Characters that SQS refuses in a message although JSON allows them raw in a string: U+FFFE and U+FFFF.
///
/// Of what SQS refuses (all but #x9, #xA, #xD, #x20–#xD7FF, #xE000–#xFFFD, #x10000–#x10FFFF), control characters are
/// escaped in valid JSON and surrogates are not UTF-8, so these two remain.
enum SQSText {
    /// - Parameter utf8: Valid UTF-8.
    /// - Returns: Whether U+FFFE or U+FFFF occurs in it.
    static func containsRefused(_ utf8: UnsafeRawBufferPointer) -> Bool {
        guard var at = utf8.baseAddress else { return false }
        let end = at + utf8.count
        while let found = memchr(at, 0xEF, end - at) {
            let lead = UnsafeRawPointer(found)
            if end - lead >= 3 && isRefused(lead) { return true }
            at = lead + 1
        }
        return false
    }

    /// - Parameter lead: Points at three readable bytes, of which the first is 0xEF.
    /// - Returns: Whether they are U+FFFE (EF BF BE) or U+FFFF (EF BF BF).
    static func isRefused(_ lead: UnsafeRawPointer) -> Bool {
        lead.load(fromByteOffset: 1, as: UInt8.self) == 0xBF && lead.load(fromByteOffset: 2, as: UInt8.self) >= 0xBE
    }

    /// Replaces U+FFFE and U+FFFF within JSON text by their escapes.
    ///
    /// - Parameter json: JSON text, or a part of one that lies within a string.
    static func escapeRefused(in json: inout [UInt8]) {
        guard json.withUnsafeBytes({ containsRefused($0) }) else { return }
        var escaped: [UInt8] = []
        escaped.reserveCapacity(json.count + 12)
        json.withUnsafeBytes { source in
            var at = 0
            while at < source.count {
                if source[at] == 0xEF, at + 2 < source.count, source[at + 1] == 0xBF, source[at + 2] >= 0xBE {
                    escaped.append(contentsOf: source[at + 2] == 0xBE ? "\\ufffe".utf8 : "\\uffff".utf8)
                    at += 3
                } else {
                    escaped.append(source[at])
                    at += 1
                }
            }
        }
        json = escaped
    }
}
