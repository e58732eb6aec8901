/// Settings that are a variable or else a property of the profile.
struct Settings: Redacted {
    /// A setting's text and where it stands.
    struct Value {
        let text: String
        let source: String
    }

    private let surroundings: Surroundings
    private let profile: [String: String]
    private let profileName: String

    init(_ surroundings: Surroundings, profile: [String: String], name: String) {
        self.surroundings = surroundings
        self.profile = profile
        profileName = name
    }

    /// The first that is set and not empty.
    func value(_ variables: String..., property: String) -> Value? {
        for variable in variables {
            if let text = surroundings[variable: variable] { return Value(text: text, source: variable) }
        }
        guard let text = profile[property], !text.isEmpty else { return nil }
        return Value(text: text, source: "\(property) of the profile \(profileName)")
    }

    /// `true` or `false`, in any case.
    func flag(_ variable: String, property: String) throws(ConfigurationError) -> Bool? {
        guard let value = value(variable, property: property) else { return nil }
        switch value.text.lowercased() {
        case "true": return true
        case "false": return false
        default:
            throw ConfigurationError(
                .setting, "\(value.source) is \"\(value.text)\"", advice: "set it to true or false")
        }
    }

    /// A whole number of at least 1.
    func positiveInteger(_ variable: String, property: String) throws(ConfigurationError) -> Int? {
        guard let value = value(variable, property: property) else { return nil }
        guard let number = Int(value.text), number >= 1 else {
            throw ConfigurationError(
                .setting, "\(value.source) is \"\(value.text)\"", advice: "set it to a whole number of at least 1")
        }
        return number
    }
}
