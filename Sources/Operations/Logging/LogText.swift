/// Makes text from outside harmless in a log: no line breaks, no terminal sequences, no reversed reading order.
public enum LogText {
    /// - Parameter text: Any text.
    /// - Returns: The text with backslashes, control characters, line separators and bidirectional controls escaped.
    public static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isHostile($0) || $0 == "\\" }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isHostile(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Whether a scalar must not reach a terminal or a line-based log as it is.
    static func isHostile(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x2028, 0x2029, 0x200E, 0x200F, 0x061C, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}
