/// Credentials as container endpoints, EC2's metadata and `credential_process` write them.
struct CredentialsJSON: Redacted {
    let accessKeyId: String
    let secretAccessKey: String
    let sessionToken: String?
    let expiration: Timestamp?
    let accountId: String?

    /// Why a document holds no credentials. Says nothing of its values.
    struct Failure: Error {
        let reason: String
    }

    /// - Parameters:
    ///   - bytes: The document.
    ///   - tokenKey: How the session token is named: `Token`, `SessionToken` from programs.
    /// - Throws: ``Failure`` if it is no JSON, or lacks a key.
    init(_ bytes: [UInt8], tokenKey: StaticString) throws(Failure) {
        let fields: [String?]
        do {
            fields = try JSONParser(maxDepth: 16).parse(bytes) { root throws(Failure) in
                guard root.kind == .object else { throw Failure(reason: "not a JSON object") }
                // EC2's metadata says `Success`, or why there are no credentials.
                if let code = root["Code"]?.string, code != "Success" {
                    throw Failure(reason: "the service says \(code.prefix(64))")
                }
                return [
                    root["AccessKeyId"]?.string, root["SecretAccessKey"]?.string, root[tokenKey]?.string,
                    root["Expiration"]?.string, root["AccountId"]?.string,
                ]
            }
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure(reason: "invalid JSON in response")
        }
        guard let key = fields[0], !key.isEmpty else { throw Failure(reason: "AccessKeyId is missing") }
        guard let secret = fields[1], !secret.isEmpty else { throw Failure(reason: "SecretAccessKey is missing") }
        var end: Timestamp?
        if let text = fields[3] {
            end = Timestamp(iso8601: text)
            if end == nil { throw Failure(reason: "Expiration is no date") }
        }
        accessKeyId = key
        secretAccessKey = secret
        sessionToken = fields[2]
        expiration = end
        accountId = fields[4]
    }

    /// The credentials, under their source's name.
    func credentials(source: String, accountId: String? = nil) -> Credentials {
        Credentials(
            accessKeyId: accessKeyId, secretAccessKey: secretAccessKey, sessionToken: sessionToken,
            expiration: expiration, accountId: self.accountId ?? accountId, source: source)
    }
}
