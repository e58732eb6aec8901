/// How a profile comes to credentials: where the first ones come from, and the roles assumed with them in turn.
struct ProfileChain: Sendable, Equatable, Redacted {
    /// Where the first credentials come from.
    enum Base: Sendable, Equatable, Redacted {
        /// Keys in the profile.
        case keys(accessKeyId: String, secretAccessKey: String, sessionToken: String?)
        /// `credential_source`: `Environment`, `Ec2InstanceMetadata` or `EcsContainer`.
        case named(String)
        /// A role assumed with a token of another identity provider.
        case webIdentity(Role, tokenFile: String)
        /// A program that prints credentials.
        case process(String)
        /// AWS IAM Identity Center, which is not supported here.
        case sso(session: String?)
    }

    /// A role to assume.
    struct Role: Sendable, Equatable {
        let arn: String
        var externalId: String?
        var sessionName: String?
        /// How long its credentials are to hold; the role's own default if `nil`.
        var duration: Duration?
    }

    /// Why a profile gives no chain.
    struct Failure: Error {
        let code: CredentialsError.Code
        let reason: String
        let advice: String
    }

    let base: Base
    /// The roles in the order in which they are assumed.
    let roles: [Role]
    /// The account that the base profile names.
    let accountId: String?

    /// Follows a profile to its base.
    ///
    /// - Parameters:
    ///   - profiles: All profiles.
    ///   - selected: The profile to start with.
    /// - Throws: ``Failure``, ``CredentialsError/Code/notConfigured`` where the profile says nothing of credentials.
    init(_ profiles: ProfileSet, selected: String) throws(Failure) {
        guard !profiles.profiles.isEmpty else {
            throw Self.notConfigured("No profiles were defined")
        }
        var name = selected
        var visited: [String] = []
        var roles: [Role] = []
        while true {
            guard let profile = profiles.profiles[name] else {
                guard let previous = visited.last else {
                    throw Self.notConfigured("there is no profile \(name)")
                }
                throw Self.misconfigured("could not find source profile \(name) referenced from \(previous)")
            }
            if visited.contains(name) {
                let loop = (visited + [name]).joined(separator: " -> ")
                throw Self.misconfigured("profile formed an infinite loop: \(loop)")
            }
            visited.append(name)
            let reader = Reader(profiles: profiles, name: name, properties: profile)
            // Keys win over a role in a profile that another one names as its source.
            if visited.count > 1, let keys = try? reader.keys() {
                base = keys
            } else if let role = try reader.role() {
                roles.append(role)
                if let next = try reader.source() {
                    name = next
                    continue
                }
                base = try reader.base()
            } else {
                do { base = try reader.base() } catch {
                    // Named as another's source, a profile without credentials is a mistake.
                    throw visited.count > 1 ? Self.misconfigured(error.reason) : error
                }
            }
            accountId = profile["aws_account_id"]
            self.roles = roles.reversed()
            return
        }
    }

    fileprivate static func notConfigured(_ reason: String) -> Failure {
        Failure(code: .notConfigured, reason: reason, advice: "add credentials to the profile")
    }

    fileprivate static func misconfigured(_ reason: String, advice: String? = nil) -> Failure {
        Failure(code: .misconfigured, reason: reason, advice: advice ?? "correct the profile")
    }
}

/// Reads one profile's properties.
private struct Reader: Redacted {
    let profiles: ProfileSet
    let name: String
    let properties: [String: String]

    subscript(_ property: String) -> String? {
        guard let value = properties[property], !value.isEmpty else { return nil }
        return value
    }

    /// The role to assume with credentials from elsewhere; a role of web identity is none.
    func role() throws(ProfileChain.Failure) -> ProfileChain.Role? {
        guard let arn = self["role_arn"], self["web_identity_token_file"] == nil else { return nil }
        if self["mfa_serial"] != nil {
            throw ProfileChain.misconfigured(
                "profile `\(name)` wants a code from a device (mfa_serial), which a service cannot give",
                advice: "use a role that needs none, or credential_process")
        }
        return try role(arn)
    }

    private func role(_ arn: String) throws(ProfileChain.Failure) -> ProfileChain.Role {
        var duration: Duration?
        if let text = self["duration_seconds"] {
            guard let seconds = Int(text), seconds > 0 else {
                throw ProfileChain.misconfigured("duration_seconds of profile `\(name)` is no number of seconds")
            }
            duration = .seconds(seconds)
        }
        return ProfileChain.Role(
            arn: arn, externalId: self["external_id"], sessionName: self["role_session_name"], duration: duration)
    }

    /// The profile whose credentials assume the role; `nil` where it is this one.
    func source() throws(ProfileChain.Failure) -> String? {
        switch (self["source_profile"], self["credential_source"]) {
        case (_?, _?):
            throw ProfileChain.misconfigured("profile contained both source_profile and credential_source: `\(name)`")
        case (nil, nil):
            throw ProfileChain.misconfigured(
                "profile must contain `source_profile` or `credential_source` beside role_arn: `\(name)`")
        case (let source?, nil): return source == name ? nil : source
        case (nil, _?): return nil
        }
    }

    func base() throws(ProfileChain.Failure) -> ProfileChain.Base {
        if let source = self["credential_source"] { return .named(source) }
        if let file = self["web_identity_token_file"] {
            guard let arn = self["role_arn"] else {
                throw ProfileChain.misconfigured("`role_arn` was missing beside web_identity_token_file: `\(name)`")
            }
            return .webIdentity(try role(arn), tokenFile: file)
        }
        if let base = try sso() { return base }
        if let command = self["credential_process"] { return .process(command) }
        return try keys()
    }

    func keys() throws(ProfileChain.Failure) -> ProfileChain.Base {
        switch (self["aws_access_key_id"], self["aws_secret_access_key"]) {
        case (let key?, let secret?):
            return .keys(accessKeyId: key, secretAccessKey: secret, sessionToken: self["aws_session_token"])
        case (_?, nil): throw ProfileChain.misconfigured("profile missing aws_secret_access_key: `\(name)`")
        case (nil, _?): throw ProfileChain.misconfigured("profile missing aws_access_key_id: `\(name)`")
        case (nil, nil):
            throw ProfileChain.notConfigured("profile `\(name)` did not contain credential information")
        }
    }

    /// What an SSO profile lacks is said first; whole ones are refused later, with advice.
    private func sso() throws(ProfileChain.Failure) -> ProfileChain.Base? {
        let keys = ["sso_account_id", "sso_region", "sso_role_name", "sso_start_url", "sso_session"]
        guard keys.contains(where: { self[$0] != nil }) else { return nil }
        var settings = properties
        if let session = self["sso_session"] {
            for key in ["sso_start_url", "sso_region"] where self[key] != nil {
                throw ProfileChain.misconfigured(
                    "`\(key)` can only be specified in the [sso-session] config when a session name is given")
            }
            guard let found = profiles.ssoSessions[session] else {
                throw ProfileChain.misconfigured(
                    "sso-session named `\(session)` (referenced by profile `\(name)`) was not found")
            }
            settings.merge(found) { own, _ in own }
        }
        for (key, other) in [("sso_account_id", "sso_role_name"), ("sso_role_name", "sso_account_id")]
        where settings[key] != nil && settings[other] == nil {
            throw ProfileChain.misconfigured("if `\(key)` is set, then `\(other)` must also be set")
        }
        for key in ["sso_region", "sso_start_url"] where settings[key] == nil {
            throw ProfileChain.misconfigured("`\(key)` was missing")
        }
        return .sso(session: self["sso_session"])
    }
}
