/// Credentials of a role assumed with a token of another identity provider, such as a Kubernetes cluster's.
struct WebIdentityCredentials: CredentialsSource {
    /// Where the role and the token's file are named.
    struct Settings: Sendable {
        let role: ProfileChain.Role
        let tokenFile: String
    }

    let name: String
    let settings: Settings
    let sts: STSProvider

    func load() async throws(CredentialsError) -> Credentials {
        let token: String
        // Read each time: the cluster replaces it.
        do { token = try await sts.surroundings.readToken(sts.surroundings.expanded(settings.tokenFile)) } catch {
            throw CredentialsError(
                .unavailable, source: name, "cannot read the token in \(settings.tokenFile): \(error.reason)",
                advice: "check that AWS_WEB_IDENTITY_TOKEN_FILE names a file that this process may read")
        }
        let client = try await sts.client(for: name)
        do {
            return try await client.assumeRole(
                settings.role, sessionName: sts.sessionName(settings.role), webIdentityToken: token, source: name)
        } catch {
            throw CredentialsError(refused: error, role: settings.role, source: name)
        }
    }
}

/// The role and the token's file of the environment (`AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`).
struct EnvironmentWebIdentity: CredentialsSource {
    let sts: STSProvider

    var name: String { "web identity" }

    func load() async throws(CredentialsError) -> Credentials {
        guard let file = sts.surroundings[variable: "AWS_WEB_IDENTITY_TOKEN_FILE"] else {
            throw CredentialsError(
                .notConfigured, source: name, "AWS_WEB_IDENTITY_TOKEN_FILE is unset", advice: "set it")
        }
        guard let arn = sts.surroundings[variable: "AWS_ROLE_ARN"] else {
            throw CredentialsError(
                .misconfigured, source: name, "AWS_WEB_IDENTITY_TOKEN_FILE is set, AWS_ROLE_ARN is not",
                advice: "set AWS_ROLE_ARN to the role to assume")
        }
        let role = ProfileChain.Role(arn: arn, sessionName: sts.surroundings[variable: "AWS_ROLE_SESSION_NAME"])
        return try await WebIdentityCredentials(
            name: name, settings: .init(role: role, tokenFile: file), sts: sts
        ).load()
    }
}
