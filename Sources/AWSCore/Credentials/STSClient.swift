/// What STS knows of the caller.
public struct CallerIdentity: Sendable, Hashable {
    /// The account's number.
    public let account: String
    /// The user or the assumed role, by ARN.
    public let arn: String
    /// The unique id of the user or role.
    public let userId: String
}

/// Security Token Service: who the caller is, and credentials of roles. Speaks AWS's Query protocol.
public struct STSClient: Sendable {
    private let endpoint: ServiceEndpoint
    private let signer: Signer
    private let transport: PatientTransport
    private let skew = ClockSkew()

    init(endpoint: ServiceEndpoint, transport: any Transport, surroundings: Surroundings, maxAttempts: Int?) {
        self.endpoint = endpoint
        signer = Signer(service: AWSService.sts.signingName, region: endpoint.signingRegion)
        self.transport = PatientTransport(
            transport: transport, surroundings: surroundings,
            policy: .standard(for: .sts, maxAttempts: maxAttempts))
    }

    /// Asks STS who the caller is. Needs no permission.
    ///
    /// - Parameter credentials: The caller's.
    /// - Returns: The caller's account and name.
    /// - Throws: ``AWSError`` if STS refuses or is out of reach.
    public func getCallerIdentity(credentials: Credentials) async throws(AWSError) -> CallerIdentity {
        let result = try await call("GetCallerIdentity", [], credentials: credentials)
        guard let account = result["Account"]?.text, let arn = result["Arn"]?.text,
            let userId = result["UserId"]?.text
        else { throw badAnswer("GetCallerIdentity") }
        return CallerIdentity(account: account, arn: arn, userId: userId)
    }

    /// Temporary credentials of a role, for a caller who may assume it.
    func assumeRole(
        _ role: ProfileChain.Role, sessionName: String, credentials: Credentials, source: String
    ) async throws(AWSError) -> Credentials {
        var parameters = [("RoleArn", role.arn), ("RoleSessionName", sessionName)]
        if let id = role.externalId { parameters.append(("ExternalId", id)) }
        if let duration = role.duration {
            parameters.append(("DurationSeconds", "\(duration.components.seconds)"))
        }
        let result = try await call("AssumeRole", parameters, credentials: credentials)
        return try temporary(result, "AssumeRole", source: source)
    }

    /// Temporary credentials of a role, for the bearer of a token of another identity provider.
    func assumeRole(
        _ role: ProfileChain.Role, sessionName: String, webIdentityToken token: String, source: String
    ) async throws(AWSError) -> Credentials {
        var parameters = [("RoleArn", role.arn), ("RoleSessionName", sessionName), ("WebIdentityToken", token)]
        if let duration = role.duration {
            parameters.append(("DurationSeconds", "\(duration.components.seconds)"))
        }
        let result = try await call("AssumeRoleWithWebIdentity", parameters, credentials: nil, secret: token)
        return try temporary(result, "AssumeRoleWithWebIdentity", source: source)
    }

    private func temporary(
        _ result: XMLElement, _ operation: String, source: String
    ) throws(AWSError) -> Credentials {
        guard let fields = result["Credentials"], let key = fields["AccessKeyId"]?.text,
            let secret = fields["SecretAccessKey"]?.text, let token = fields["SessionToken"]?.text,
            let end = fields["Expiration"].flatMap({ Timestamp(iso8601: $0.text) })
        else { throw badAnswer(operation) }
        // arn:aws:sts::<account>:assumed-role/<role>/<session>
        let arn = result["AssumedRoleUser"]?["Arn"]?.text.split(separator: ":", omittingEmptySubsequences: false)
        return Credentials(
            accessKeyId: key, secretAccessKey: secret, sessionToken: token, expiration: end,
            accountId: arn.flatMap { $0.count > 4 && !$0[4].isEmpty ? String($0[4]) : nil }, source: source)
    }

    /// - Returns: The element `<operation>Result`.
    private func call(
        _ operation: String, _ parameters: [(String, String)], credentials: Credentials?, secret: String? = nil
    ) async throws(AWSError) -> XMLElement {
        var body = Array("Action=\(operation)&Version=2011-06-15".utf8)
        for (name, value) in parameters {
            body.append(contentsOf: "&\(name)=".utf8)
            CanonicalURL.appendEscaped(value, to: &body)
        }
        var plain = HTTPRequest(
            method: "POST", url: endpoint.url + "/",
            headers: [
                HTTPHeader("Content-Type", "application/x-www-form-urlencoded"),
                HTTPHeader("User-Agent", UserAgent.value),
            ], body: body)
        plain.timeout = .seconds(10)
        let secrets = [credentials?.secretAccessKey, credentials?.sessionToken, secret].compactMap { $0 }
        let response: HTTPResponse
        let attempts: Int
        let now = transport.surroundings.now
        var signedAt = now()
        do throws(TransportError) {
            (response, attempts) = try await transport.send {
                var request = plain
                if let credentials {
                    signedAt = now() + skew.current
                    signer.sign(&request, credentials: credentials, at: signedAt)
                }
                return request
            } retry: { response in
                guard response.status >= 300 else { return nil }
                let refusal = error(operation, response, hiding: secrets)
                let isSkewed = credentials != nil && skew.learn(from: response, refusal, signedAt: signedAt, now: now())
                return isSkewed ? .skew : refusal.retryReason
            }
        } catch {
            throw AWSError(
                service: "sts", operation: operation, code: error.kind == .cancelled ? .cancelled : .transport,
                message: error.description, retryReason: .transient)
        }
        guard response.status < 300 else {
            throw error(operation, response, hiding: secrets).after(attempts)
        }
        guard let root = XMLElement(document: response.body), let result = root["\(operation)Result"] else {
            throw badAnswer(operation, response)
        }
        return result
    }

    private func error(_ operation: String, _ response: HTTPResponse, hiding secrets: [String]) -> AWSError {
        let root = XMLElement(document: response.body)
        let error = root?["Error"]
        let code = AWSError.Code(rawValue: error?["Code"]?.text ?? "HTTP\(response.status)")
        var message = error?["Message"]?.text ?? "no message"
        // Where signatures differ, STS repeats what it signed: the session token is part of that. Hidden before the
        // message is cut, as half a secret would not be found.
        for secret in secrets where !secret.isEmpty {
            message = message.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "…")
        }
        if let end = message.firstIndex(where: \.isNewline) { message = message[..<end] + "…" }
        if message.utf8.count > 512 { message = message.prefix(256) + "…" }
        var reason = RetryReason(status: response.status, code: code, type: code, service: .sts)
        if code == "IDPCommunicationError" { reason = .transient }
        return AWSError(
            service: "sts", operation: operation, code: code, message: message, status: response.status,
            requestId: root?["RequestId"]?.text ?? response[header: "x-amzn-requestid"], retryReason: reason)
    }

    private func badAnswer(_ operation: String, _ response: HTTPResponse? = nil) -> AWSError {
        AWSError(
            service: "sts", operation: operation, code: .badResponse, message: "an answer that is none of STS's",
            status: response?.status, requestId: response?[header: "x-amzn-requestid"])
    }
}
