/// Where the shared files lie, and what they hold.
struct SharedFiles: Sendable {
    /// `AWS_CONFIG_FILE`, else `~/.aws/config`; `nil` without a home folder.
    let configPath: String?
    /// `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`; `nil` without a home folder.
    let credentialsPath: String?
    /// The profiles of both.
    let profiles: ProfileSet

    /// Reads both files. One that does not exist is as good as an empty one.
    ///
    /// - Parameter surroundings: Variables and files.
    /// - Throws: ``ConfigurationError`` if one is malformed or cannot be read.
    init(_ surroundings: Surroundings) throws(ConfigurationError) {
        configPath = Self.path("AWS_CONFIG_FILE", default: ".aws/config", surroundings)
        credentialsPath = Self.path("AWS_SHARED_CREDENTIALS_FILE", default: ".aws/credentials", surroundings)
        var profiles = ProfileSet()
        if let file = try Self.read(configPath, surroundings) { profiles.merge(file, kind: .config) }
        if let file = try Self.read(credentialsPath, surroundings) { profiles.merge(file, kind: .credentials) }
        self.profiles = profiles
    }

    /// Both paths, for a person.
    var description: String {
        let paths = [configPath, credentialsPath].compactMap { $0 }
        return paths.isEmpty ? "no shared files (HOME is unset)" : paths.joined(separator: " and ")
    }

    private static func path(_ variable: String, default path: String, _ surroundings: Surroundings) -> String? {
        if let path = surroundings[variable: variable] { return surroundings.expanded(path) }
        return surroundings[variable: "HOME"].map { "\($0)/\(path)" }
    }

    private static func read(
        _ path: String?, _ surroundings: Surroundings
    ) throws(ConfigurationError) -> ProfileFile? {
        guard let path else { return nil }
        let bytes: [UInt8]
        do { bytes = try surroundings.readFile(path) } catch {
            if error.isMissing { return nil }
            throw ConfigurationError(
                .profileFile, "cannot read \(path): \(error.reason)", advice: "make it readable, or remove it")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigurationError(.profileFile, "\(path) is not UTF-8", advice: "save it as UTF-8 text")
        }
        return try ProfileFile(text, path: path)
    }
}
