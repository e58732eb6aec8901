internal import Locking

/// The metadata service of an EC2 instance, version 2: every question carries a token that is asked for first.
final class InstanceMetadata: Sendable {
    /// Why a question has no answer.
    struct Failure: Error {
        let code: CredentialsError.Code
        let reason: String
    }

    private struct Token: Redacted {
        let text: String
        let end: Timestamp
    }

    private let surroundings: Surroundings
    private let endpointSetting: String?
    private let modeSetting: String?
    private let transport: PatientTransport
    private let token = Guarded<Token?>(nil)

    /// - Parameters:
    ///   - surroundings: Variables, time and chance.
    ///   - profile: The profile in use, which may name the endpoint.
    ///   - transport: Carries the questions.
    init(surroundings: Surroundings, profile: [String: String], transport: any Transport) {
        self.surroundings = surroundings
        endpointSetting =
            surroundings[variable: "AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? profile["ec2_metadata_service_endpoint"]
        modeSetting =
            surroundings[variable: "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]
            ?? profile["ec2_metadata_service_endpoint_mode"]
        self.transport = PatientTransport(transport: transport, surroundings: surroundings)
    }

    /// Asks for a path below `/latest/`.
    func get(_ path: String) async throws(Failure) -> [UInt8]? {
        guard surroundings[variable: "AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else {
            throw Failure(code: .notConfigured, reason: "AWS_EC2_METADATA_DISABLED is true")
        }
        let base = try endpoint()
        for isRenewed in [false, true] {
            let token = try await sessionToken(base, renewed: isRenewed)
            let response = try await send(
                "GET", "\(base)/latest/\(path)", HTTPHeader("x-aws-ec2-metadata-token", token))
            switch response.status {
            case 200: return response.body
            case 404: return nil
            case 401: continue
            default: throw Failure(code: .unavailable, reason: "status \(response.status) for \(path)")
            }
        }
        throw Failure(code: .unavailable, reason: "the token was refused twice")
    }

    private func sessionToken(_ base: String, renewed: Bool) async throws(Failure) -> String {
        let now = surroundings.now()
        if !renewed, let held = token.withLock({ $0 }), held.end > now { return held.text }
        let response = try await send(
            "PUT", "\(base)/latest/api/token",
            HTTPHeader("x-aws-ec2-metadata-token-ttl-seconds", "\(Self.longestToken)"))
        guard response.status == 200, let text = String(validating: response.body, as: UTF8.self),
            !text.isEmpty, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            // Switched off, or the answer of something else at that address: this is no machine with a role.
            let isOff = [403, 404, 405].contains(response.status)
            throw Failure(
                code: isOff ? .notConfigured : .unavailable,
                reason: "no token: status \(response.status)\(isOff ? ", so it is switched off or not there" : "")")
        }
        let seconds = response[header: "x-aws-ec2-metadata-token-ttl-seconds"].flatMap { Int64($0) }
        let lifetime = Duration.seconds(min(max(0, seconds ?? Self.longestToken), Self.longestToken))
        // A minute less than it holds, so that none ends on its way.
        token.withLock { $0 = Token(text: text, end: now + (lifetime - .seconds(60))) }
        return text
    }

    /// The most seconds that a token may hold. Source: Amazon EC2 User Guide, "Use IMDSv2".
    private static let longestToken: Int64 = 21_600

    private func send(_ method: String, _ url: String, _ header: HTTPHeader) async throws(Failure) -> HTTPResponse {
        do {
            return try await transport.send {
                var request = HTTPRequest(
                    method: method, url: url, headers: [header, HTTPHeader("User-Agent", UserAgent.value)])
                request.connectTimeout = .seconds(1)
                request.timeout = .seconds(2)
                request.usesProxy = false
                return request
            } retry: { response in
                response.status >= 500 || response.status == 429 ? .transient : nil
            }.response
        } catch {
            // No connection at all: this is no EC2 instance.
            throw Failure(
                code: error.kind == .connect || error.kind == .timeout ? .notConfigured : .unavailable,
                reason: "no answer: \(error.description)")
        }
    }

    private func endpoint() throws(Failure) -> String {
        if var url = endpointSetting, !url.isEmpty {
            while url.hasSuffix("/") { url.removeLast() }
            guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
                throw Failure(
                    code: .misconfigured, reason: "AWS_EC2_METADATA_SERVICE_ENDPOINT is no http URL")
            }
            return url
        }
        switch modeSetting?.lowercased() {
        case nil, "", "ipv4": return "http://169.254.169.254"
        case "ipv6": return "http://[fd00:ec2::254]"
        default:
            throw Failure(
                code: .misconfigured, reason: "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither IPv4 nor IPv6")
        }
    }
}

/// Credentials of the role of an EC2 instance.
struct InstanceCredentials: CredentialsSource {
    let metadata: InstanceMetadata

    var name: String { "instance metadata" }

    func load() async throws(CredentialsError) -> Credentials {
        let path = "meta-data/iam/security-credentials/"
        do throws(InstanceMetadata.Failure) {
            guard let list = try await metadata.get(path),
                let role = String(decoding: list, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
            else { throw InstanceMetadata.Failure(code: .notConfigured, reason: "the instance has no role") }
            guard let document = try await metadata.get(path + role) else {
                throw InstanceMetadata.Failure(code: .unavailable, reason: "no credentials of the role \(role)")
            }
            do {
                var credentials = try CredentialsJSON(document, tokenKey: "Token").credentials(source: name)
                // EC2 honours its own credentials while the service that renews them is down.
                credentials.outlivesExpiration = true
                return credentials
            } catch {
                throw InstanceMetadata.Failure(code: .unavailable, reason: "the role \(role): \(error.reason)")
            }
        } catch {
            throw CredentialsError(
                error.code, source: name, error.reason, advice: "give the instance a role with an instance profile")
        }
    }
}
