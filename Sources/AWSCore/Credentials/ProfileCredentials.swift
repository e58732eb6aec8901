/// Credentials of the profile in the shared files.
struct ProfileCredentials: CredentialsSource {
    let profiles: ProfileSet
    let profileName: String

    var name: String { "profile \(profileName)" }

    func load() async throws(CredentialsError) -> Credentials {
        let chain: ProfileChain
        do { chain = try ProfileChain(profiles, selected: profileName) } catch {
            throw CredentialsError(error.code, source: name, error.reason, advice: error.advice)
        }
        guard case .keys(let key, let secret, let token) = chain.base, chain.roles.isEmpty else {
            throw CredentialsError(
                .misconfigured, source: name, "the profile has no keys of its own", advice: "add keys to the profile")
        }
        return Credentials(
            accessKeyId: key, secretAccessKey: secret, sessionToken: token, accountId: chain.accountId, source: name)
    }
}
