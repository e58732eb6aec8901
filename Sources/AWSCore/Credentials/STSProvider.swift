/// Makes the client of STS when a role is to be assumed: only then do its region and endpoint have to be right.
struct STSProvider: Sendable {
    let configuration: AWSConfiguration
    let transport: any Transport

    var surroundings: Surroundings { configuration.surroundings }

    /// The client; an error in the name of the source that needs it.
    func client(for source: String) async throws(CredentialsError) -> STSClient {
        do throws(ConfigurationError) {
            do throws(ConfigurationError) {
                return try configuration.stsClient(region: configuration.region, transport: transport)
            } catch {
                // Only on EC2 can a region still be found.
                guard error.code == .region, configuration.region == nil else { throw error }
                let region = try await configuration.resolveRegion(transport: transport)
                return try configuration.stsClient(region: region, transport: transport)
            }
        } catch {
            throw CredentialsError(.misconfigured, source: source, "STS: \(error.message)", advice: error.advice)
        }
    }

    /// The name under which CloudTrail shows the session.
    func sessionName(_ role: ProfileChain.Role) -> String {
        role.sessionName ?? surroundings[variable: "AWS_ROLE_SESSION_NAME"]
            ?? "map-beacons-\(surroundings.now().seconds)"
    }
}

extension CredentialsError {
    /// STS refused a role, or is out of reach.
    init(refused error: AWSError, role: ProfileChain.Role, source: String) {
        let isPassing = error.category == .unreachable || error.category == .throttled
        self.init(
            isPassing ? .unavailable : .refused, source: source, "\(role.arn): \(error)",
            advice: isPassing
                ? "check the way to STS" : "check the role's trust policy, and the caller's right to assume it")
    }
}
