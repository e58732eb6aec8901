/// Credentials of a container's task or pod, from an endpoint beside it: ECS, and EKS Pod Identity.
struct ContainerCredentials: CredentialsSource {
    let surroundings: Surroundings
    let transport: any Transport

    var name: String { "container" }

    /// The endpoint that the environment names.
    ///
    /// - Returns: The URL.
    /// - Throws: ``CredentialsError`` if there is none, or one that a token must not be sent to.
    func endpoint() throws(CredentialsError) -> String {
        if let path = surroundings[variable: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            guard path.hasPrefix("/") else {
                throw misconfigured("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash")
            }
            return "http://169.254.170.2\(path)"
        }
        guard let url = surroundings[variable: "AWS_CONTAINER_CREDENTIALS_FULL_URI"] else {
            throw CredentialsError(
                .notConfigured, source: name, "No environment variables were set to configure ECS provider",
                advice: "run in a task or pod that has a role")
        }
        let lowered = url.lowercased()
        let isSecure = lowered.hasPrefix("https://")
        guard isSecure || lowered.hasPrefix("http://"), let host = Self.host(of: url), !host.isEmpty else {
            throw misconfigured("AWS_CONTAINER_CREDENTIALS_FULL_URI: URI did not specify a host")
        }
        guard isSecure || Self.isLocal(host) else {
            throw misconfigured(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is plain http to \(host), which is neither this machine nor a "
                    + "metadata address of AWS's")
        }
        return url
    }

    func load() async throws(CredentialsError) -> Credentials {
        let url = try endpoint()
        let origin = CanonicalURL.origin(of: url)
        let headers = try await headers()
        let patient = PatientTransport(transport: transport, surroundings: surroundings)
        let response: HTTPResponse
        do {
            response = try await patient.send {
                var request = HTTPRequest(method: "GET", url: url, headers: headers)
                request.connectTimeout = .seconds(2)
                request.timeout = .seconds(4)
                request.usesProxy = false
                return request
            } retry: { response in
                response.status == 429 || response.status >= 500 ? .transient : nil
            }.response
        } catch {
            throw unavailable("no answer of \(origin): \(error.description)")
        }
        guard response.status == 200 else { throw unavailable("\(origin) answered with status \(response.status)") }
        do {
            return try CredentialsJSON(response.body, tokenKey: "Token").credentials(source: name)
        } catch {
            throw unavailable("\(origin): \(error.reason)")
        }
    }

    private func headers() async throws(CredentialsError) -> [HTTPHeader] {
        var headers = [HTTPHeader("Accept", "application/json"), HTTPHeader("User-Agent", UserAgent.value)]
        var token = surroundings[variable: "AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        if let file = surroundings[variable: "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
            do { token = try await surroundings.readToken(file) } catch {
                throw unavailable("cannot read the token in \(file): \(error.reason)")
            }
        }
        if let token {
            guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw misconfigured("the authorization token holds characters that no header may")
            }
            headers.append(HTTPHeader("Authorization", token))
        }
        return headers
    }

    private func misconfigured(_ reason: String) -> CredentialsError {
        CredentialsError(
            .misconfigured, source: name, reason, advice: "let ECS or EKS set the variables, or unset them")
    }

    private func unavailable(_ reason: String) -> CredentialsError {
        CredentialsError(
            .unavailable, source: name, reason, advice: "check the task's or pod's role, and its agent")
    }

    /// The host without port, brackets and user.
    private static func host(of url: String) -> String? {
        var host = CanonicalURL(url).host
        if host.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = host[..<end].dropFirst()
        } else if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
            host = host[..<colon]
        }
        return String(Substring(host)).lowercased()
    }

    /// Plain HTTP goes to this machine and to AWS's metadata addresses alone: a token would be read on the way.
    private static func isLocal(_ host: String) -> Bool {
        if ["localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
