public import AWSCore
import Logging

/// A log entry as one line of bytes.
struct LogLine {
    let time: Timestamp
    let level: Logger.Level
    let label: String
    let message: String
    let metadata: [(key: String, value: Logger.MetadataValue)]

    /// One JSON object: `time`, `level`, `logger`, `message`, then the metadata as members of their own.
    func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 512)
        writer.beginObject()
        writer.key("time")
        writer.string(time.iso8601)
        writer.key("level")
        writer.string(level.rawValue)
        writer.key("logger")
        write(label, to: &writer)
        writer.key("message")
        write(message, to: &writer)
        for (key, value) in metadata {
            writer.key(escaping: Self.reserved.contains(key) ? "metadata.\(key)" : key)
            write(value, to: &writer)
        }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    /// Text for a person: time, level, message, then `key=value` for each of the metadata.
    func text() -> [UInt8] {
        var line = "\(time.iso8601) \(Self.padded(level)) \(LogText.escaped(message))"
        for (key, value) in metadata {
            line += " \(LogText.escaped(key))=\(Self.quoted(value))"
        }
        line += "\n"
        return Array(line.utf8)
    }

    private static let reserved: Set<String> = ["time", "level", "logger", "message"]

    private static func padded(_ level: Logger.Level) -> String {
        let name = level.rawValue.uppercased()
        return name + String(repeating: " ", count: max(0, 8 - name.utf8.count))
    }

    private static func quoted(_ value: Logger.MetadataValue) -> String {
        let text = value.description
        let needsQuotes = text.isEmpty || text.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        guard needsQuotes else { return LogText.escaped(text) }
        let escaped = LogText.escaped(text).split(separator: "\"", omittingEmptySubsequences: false)
        return "\"\(escaped.joined(separator: "\\\""))\""
    }

    private func write(_ value: Logger.MetadataValue, to writer: inout JSONWriter) {
        switch value {
        case .string(let text): write(text, to: &writer)
        case .stringConvertible(let number as Int): writer.integer(number)
        case .stringConvertible(let flag as Bool): writer.bool(flag)
        case .stringConvertible(let other): write(other.description, to: &writer)
        case .array(let elements):
            writer.beginArray()
            for element in elements { write(element, to: &writer) }
            writer.endArray()
        case .dictionary(let members):
            writer.beginObject()
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                writer.key(escaping: key)
                write(member, to: &writer)
            }
            writer.endObject()
        }
    }

    /// Writes a string whose every hostile character is a JSON escape, those too that JSON would take as they are.
    private func write(_ text: String, to writer: inout JSONWriter) {
        guard text.unicodeScalars.contains(where: { $0.value >= 0x7F && LogText.isHostile($0) }) else {
            return writer.string(text)
        }
        var bytes = [UInt8(ascii: "\"")]
        for scalar in text.unicodeScalars {
            if scalar.value >= 0x7F && LogText.isHostile(scalar) {
                let hex = String(scalar.value, radix: 16)
                bytes += "\\u\(String(repeating: "0", count: 4 - hex.utf8.count))\(hex)".utf8
            } else {
                Array(UTF8.encode(scalar) ?? .init()).withUnsafeBytes { JSONEscaping.append($0, to: &bytes) }
            }
        }
        writer.raw(bytes + [UInt8(ascii: "\"")])
    }
}

extension Timestamp {
    /// The moment as ISO 8601 in UTC with milliseconds, such as `2026-01-02T03:04:05.006Z`.
    public var iso8601: String {
        let civil = CivilTime(self)
        let fraction = Int(milliseconds - seconds * 1000)
        let date = "\(digits(civil.year, 4))-\(digits(civil.month, 2))-\(digits(civil.day, 2))"
        let time = "\(digits(civil.hour, 2)):\(digits(civil.minute, 2)):\(digits(civil.second, 2))"
        return "\(date)T\(time).\(digits(fraction, 3))Z"
    }
}

private func digits(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
