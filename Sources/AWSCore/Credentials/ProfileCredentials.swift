/// Credentials of a profile in the shared files: its own, or those of the roles it leads to.
struct ProfileCredentials: CredentialsSource {
    let sts: STSProvider
    let metadata: InstanceMetadata

    var name: String { "profile \(sts.configuration.profileName)" }

    func load() async throws(CredentialsError) -> Credentials {
        let configuration = sts.configuration
        let chain: ProfileChain
        do { chain = try ProfileChain(configuration.files.profiles, selected: configuration.profileName) } catch {
            throw CredentialsError(
                error.code, source: name, "\(error.reason) (in \(configuration.files.description))",
                advice: error.advice)
        }
        var credentials = try await base(chain)
        if chain.roles.isEmpty { return credentials }
        let client = try await sts.client(for: name)
        for role in chain.roles {
            do {
                credentials = try await client.assumeRole(
                    role, sessionName: sts.sessionName(role), credentials: credentials, source: name)
            } catch {
                throw CredentialsError(refused: error, role: role, source: name)
            }
        }
        return credentials
    }

    private func base(_ chain: ProfileChain) async throws(CredentialsError) -> Credentials {
        switch chain.base {
        case .keys(let key, let secret, let token):
            return Credentials(
                accessKeyId: key, secretAccessKey: secret, sessionToken: token, accountId: chain.accountId,
                source: name)
        case .webIdentity(let role, let file):
            return try await WebIdentityCredentials(
                name: name, settings: .init(role: role, tokenFile: file), sts: sts
            ).load()
        case .process(let command):
            return try await ProcessCredentials(
                command: command, name: name, accountId: chain.accountId, surroundings: sts.surroundings
            ).load()
        case .named(let source):
            return try await named(source)
        case .sso(let session):
            throw CredentialsError(
                .misconfigured, source: name,
                "the profile signs in through IAM Identity Center (SSO\(session.map { ", sso-session \($0)" } ?? "")), "
                    + "which needs a person with a browser",
                advice: "in a service use a role; for trials add to a profile: credential_process = "
                    + "aws configure export-credentials --profile \(sts.configuration.profileName)")
        }
    }

    private func named(_ source: String) async throws(CredentialsError) -> Credentials {
        let provider: any CredentialsSource
        switch source.lowercased() {
        case "environment": provider = EnvironmentCredentials(surroundings: sts.surroundings)
        case "ec2instancemetadata": provider = InstanceCredentials(metadata: metadata)
        case "ecscontainer":
            provider = ContainerCredentials(surroundings: sts.surroundings, transport: sts.transport)
        default:
            throw CredentialsError(
                .misconfigured, source: name, "credential_source is \"\(source)\"",
                advice: "set it to Environment, Ec2InstanceMetadata or EcsContainer")
        }
        do {
            return try await provider.load()
        } catch {
            // The profile says that it is there: that it is not set up is a mistake.
            let code = error.code == .notConfigured ? CredentialsError.Code.misconfigured : error.code
            throw CredentialsError(
                code,
                attempts: error.attempts.map { .init(source: "\(name) (\($0.source))", reason: $0.reason) },
                advice: error.advice)
        }
    }
}
