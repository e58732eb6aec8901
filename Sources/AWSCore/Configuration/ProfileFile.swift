/// A shared file of AWS's, as it is written: sections of properties, by the rules of the SDK reference guide
/// ("Shared config and credentials files").
struct ProfileFile: Redacted {
    /// Which of the two files, which name their sections differently.
    enum Kind: String, Sendable {
        /// `~/.aws/config`: `[profile name]`, `[default]`, `[services name]`, `[sso-session name]`.
        case config
        /// `~/.aws/credentials`: `[name]`.
        case credentials
    }

    /// A section as it is named between the brackets, and its properties, names in lower case, the last one of each.
    struct Section: Redacted {
        let name: String
        var properties: [String: String] = [:]
    }

    /// The sections in order; those of one name are merged.
    private(set) var sections: [Section] = []

    /// - Parameters:
    ///   - text: The file's text.
    ///   - path: Where it came from, for errors.
    /// - Throws: ``ConfigurationError`` with the path and the line. Never what the line says: it may be a secret.
    init(_ text: String, path: String) throws(ConfigurationError) {
        var positions: [String: Int] = [:]
        var section: Int?
        var property: String?
        var hasSubProperties = false
        var number = 0
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(
                .profileFile, "could not parse profile file \(path), line \(number): \(message)",
                advice: "correct that line")
        }
        for line in Self.lines(text) {
            number += 1
            if line.trimmingBlanks().isEmpty || Self.isComment(line) { continue }
            if line.first == "[" {
                let header = Self.withoutComment(line, needsSpace: false)
                guard header.last == "]" else { throw failure("Profile definition must end with ']'") }
                let name = String(header.dropFirst().dropLast())
                section = positions[name] ?? sections.count
                if positions[name] == nil {
                    positions[name] = sections.count
                    sections.append(Section(name: name))
                }
                property = nil
            } else if line.first == " " || line.first == "\t" {
                guard let section else { throw failure("Expected a profile definition") }
                guard let property else { throw failure("Expected a property definition, found continuation") }
                if hasSubProperties {
                    do { _ = try Self.property(line) } catch {
                        throw failure(error == .noEquals ? Self.subPropertyEquals : "Sub-property did not have a name")
                    }
                }
                sections[section].properties[property, default: ""] += "\n\(line.trimmingBlanks())"
            } else {
                guard let section else { throw failure("Expected a profile definition") }
                do {
                    let (name, value) = try Self.property(line)
                    sections[section].properties[name] = value
                    property = name
                    hasSubProperties = value.isEmpty
                } catch {
                    throw failure(
                        error == .noEquals
                            ? "Expected an '=' sign defining a property" : "Property did not have a name")
                }
            }
        }
    }

    private static let subPropertyEquals = "Expected an '=' sign defining a sub-property"

    /// The properties that a value of continuation lines holds, such as those of a service in a `services` section.
    static func subProperties(_ value: String) -> [String: String] {
        var properties: [String: String] = [:]
        for line in lines(value) {
            if let (name, value) = try? property(line) { properties[name] = value }
        }
        return properties
    }

    private enum PropertyError: Error {
        case noEquals
        case noName
    }

    private static func property(_ line: Substring) throws(PropertyError) -> (name: String, value: String) {
        let line = withoutComment(line, needsSpace: true)
        guard let equals = line.firstIndex(of: "=") else { throw .noEquals }
        let name = line[..<equals].trimmingBlanks()
        if name.isEmpty { throw .noName }
        return (name.lowercased(), String(line[line.index(after: equals)...].trimmingBlanks()))
    }

    /// Swift takes CR LF for one character, so lines are cut at bytes.
    private static func lines(_ text: String) -> [Substring] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { line in
            Substring(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)
        }
    }

    private static func isComment(_ line: Substring) -> Bool {
        line.first == "#" || line.first == ";"
    }

    /// In a section's line a comment may follow at once; in a property's line white space comes before it.
    private static func withoutComment(_ line: Substring, needsSpace: Bool) -> Substring {
        let line = line.trimmingBlanks()
        var isAfterSpace = false
        for position in line.indices {
            let character = line[position]
            if character == "#" || character == ";", isAfterSpace || !needsSpace {
                return line[..<position].trimmingBlanks()
            }
            isAfterSpace = character == " " || character == "\t"
        }
        return line
    }
}
