/// Credentials of the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
struct EnvironmentCredentials: CredentialsSource {
    let surroundings: Surroundings

    var name: String { "environment" }

    func load() throws(CredentialsError) -> Credentials {
        let key = surroundings[variable: "AWS_ACCESS_KEY_ID"]
        let secret = surroundings[variable: "AWS_SECRET_ACCESS_KEY"]
        switch (key, secret) {
        case (let key?, let secret?):
            return Credentials(
                accessKeyId: key, secretAccessKey: secret, sessionToken: surroundings[variable: "AWS_SESSION_TOKEN"],
                accountId: surroundings[variable: "AWS_ACCOUNT_ID"], source: name)
        case (nil, nil):
            throw failure(.notConfigured, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are unset")
        case (_?, nil):
            throw failure(.misconfigured, "AWS_ACCESS_KEY_ID is set, AWS_SECRET_ACCESS_KEY is not")
        case (nil, _?):
            throw failure(.misconfigured, "AWS_SECRET_ACCESS_KEY is set, AWS_ACCESS_KEY_ID is not")
        }
    }

    private func failure(_ code: CredentialsError.Code, _ reason: String) -> CredentialsError {
        CredentialsError(
            code, source: name, reason, advice: "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither")
    }
}
