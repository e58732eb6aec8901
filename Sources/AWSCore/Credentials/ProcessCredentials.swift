/// Credentials that a program of the user's prints (`credential_process`).
struct ProcessCredentials: CredentialsSource {
    let command: String
    let name: String
    let accountId: String?
    let surroundings: Surroundings

    func load() async throws(CredentialsError) -> Credentials {
        let output: [UInt8]
        do { output = try await surroundings.run(command, surroundings.variables) } catch {
            throw failure("credential_process \(error.reason)")
        }
        let isVersion1: Bool
        do {
            isVersion1 = try JSONParser(maxDepth: 16).parse(output) { $0["Version"]?.integer == 1 }
        } catch {
            throw failure("credential_process: invalid JSON in response")
        }
        guard isVersion1 else { throw failure("credential_process printed another Version than 1") }
        do {
            return try CredentialsJSON(output, tokenKey: "SessionToken")
                .credentials(source: name, accountId: accountId)
        } catch {
            throw failure("credential_process: \(error.reason)")
        }
    }

    private func failure(_ reason: String) -> CredentialsError {
        CredentialsError(
            .unavailable, source: name, reason, advice: "run the command by hand to see what it says")
    }
}
