/// One place that credentials may come from. Asked anew whenever they are to be refreshed; keeps none itself.
protocol CredentialsSource: Sendable {
    /// The source's name, for errors and for ``Credentials/source``.
    var name: String { get }

    /// Fetches credentials.
    ///
    /// - Returns: Credentials, fresh.
    /// - Throws: ``CredentialsError``, ``CredentialsError/Code/notConfigured`` where the next source may be asked.
    func load() async throws(CredentialsError) -> Credentials
}

/// Sources in order: the first that is set up decides, for better or worse.
struct CredentialsChain: CredentialsSource {
    let sources: [any CredentialsSource]

    var name: String { "chain" }

    func load() async throws(CredentialsError) -> Credentials {
        var attempts: [CredentialsError.Attempt] = []
        for source in sources {
            do {
                return try await source.load()
            } catch {
                attempts += error.attempts
                if error.code != .notConfigured {
                    throw CredentialsError(error.code, attempts: attempts, advice: error.advice)
                }
            }
        }
        throw CredentialsError(
            .notConfigured, attempts: attempts,
            advice: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role")
    }
}
