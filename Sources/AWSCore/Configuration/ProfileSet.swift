/// The profiles of both shared files, merged.
struct ProfileSet: Sendable, Redacted {
    /// The profiles' properties, by profile; names of properties in lower case.
    private(set) var profiles: [String: [String: String]] = [:]
    /// The `services` sections of the config file: properties by service id, by section.
    private(set) var services: [String: [String: [String: String]]] = [:]
    /// The `sso-session` sections of the config file.
    private(set) var ssoSessions: [String: [String: String]] = [:]

    /// No profiles at all.
    init() {}

    /// - Parameters:
    ///   - profiles: The profiles' properties, by profile.
    ///   - ssoSessions: The `sso-session` sections.
    init(profiles: [String: [String: String]], ssoSessions: [String: [String: String]] = [:]) {
        self.profiles = profiles
        self.ssoSessions = ssoSessions
    }

    /// Adds a file's sections; what it says wins over what is there, so the credentials file comes last.
    mutating func merge(_ file: ProfileFile, kind: ProfileFile.Kind) {
        switch kind {
        case .config: mergeConfig(file)
        case .credentials:
            for section in file.sections {
                let name = section.name.trimmingBlanks()
                if Self.isIdentifier(name) { add(section.properties, to: String(name)) }
            }
        }
    }

    private mutating func mergeConfig(_ file: ProfileFile) {
        // [profile default] makes [default] void, wherever the two stand.
        let hasPrefixedDefault = file.sections.contains { section in
            Self.split(section.name).map { $0 == ("profile", "default") } ?? false
        }
        for section in file.sections {
            if let (kind, name) = Self.split(section.name) {
                guard Self.isIdentifier(name) else { continue }
                switch kind {
                case "profile": add(section.properties, to: String(name))
                case "services":
                    services[String(name), default: [:]]
                        .merge(section.properties.mapValues(ProfileFile.subProperties)) { _, new in new }
                case "sso-session":
                    ssoSessions[String(name), default: [:]].merge(section.properties) { _, new in new }
                default: continue
                }
            } else if section.name.trimmingBlanks() == "default", !hasPrefixedDefault {
                add(section.properties, to: "default")
            }
        }
    }

    private mutating func add(_ properties: [String: String], to profile: String) {
        let valid = properties.filter { Self.isIdentifier($0.key[...]) }
        profiles[profile, default: [:]].merge(valid) { _, new in new }
    }

    /// `profile name` in two, at the first white space; `nil` if there is none.
    private static func split(_ name: String) -> (kind: Substring, name: Substring)? {
        let name = name.trimmingBlanks()
        guard let space = name.firstIndex(where: { $0 == " " || $0 == "\t" }) else { return nil }
        return (name[..<space], name[space...].trimmingBlanks())
    }

    private static func isIdentifier(_ name: Substring) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_-/.%@:+".utf8.contains(byte)
                }
            }
    }
}

extension StringProtocol where SubSequence == Substring {
    /// Without spaces and tabs at both ends.
    func trimmingBlanks() -> Substring {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
