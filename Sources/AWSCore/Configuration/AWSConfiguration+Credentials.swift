extension AWSConfiguration {
    /// The chain of credentials, kept and renewed for all callers: environment, web identity of the environment, the
    /// profile in the shared files, the container's endpoint, EC2's metadata.
    ///
    /// One provider is made for a process and shared: each keeps credentials of its own.
    ///
    /// - Parameter transport: Carries requests to services that give credentials.
    /// - Returns: The provider. It throws ``CredentialsError`` where no source gives any, and `CancellationError`.
    public func credentialsProvider(transport: any Transport) -> any CredentialsProvider {
        CredentialsCache(credentialsChain(transport: transport), surroundings: surroundings)
    }

    func credentialsChain(transport: any Transport) -> CredentialsChain {
        let sts = STSProvider(configuration: self, transport: transport)
        let metadata = InstanceMetadata(surroundings: surroundings, profile: profile, transport: transport)
        return CredentialsChain(sources: [
            EnvironmentCredentials(surroundings: surroundings),
            EnvironmentWebIdentity(sts: sts),
            ProfileCredentials(sts: sts, metadata: metadata),
            ContainerCredentials(surroundings: surroundings, transport: transport),
            InstanceCredentials(metadata: metadata),
        ])
    }

    /// A client of Security Token Service.
    ///
    /// - Parameters:
    ///   - region: The region; may be `nil` where an endpoint is set.
    ///   - transport: Carries the requests.
    /// - Returns: The client.
    /// - Throws: ``ConfigurationError`` if the settings give no endpoint.
    public func stsClient(
        region: String?, transport: any Transport
    ) throws(ConfigurationError) -> STSClient {
        STSClient(
            endpoint: try resolveEndpoint(for: .sts, region: region), transport: transport,
            surroundings: surroundings, maxAttempts: maxAttempts)
    }

    /// The region, from the settings or else from EC2's metadata, which takes seconds where there is none.
    ///
    /// - Parameter transport: Carries requests to the metadata service.
    /// - Returns: The region.
    /// - Throws: ``ConfigurationError`` if none can be found.
    public func resolveRegion(transport: any Transport) async throws(ConfigurationError) -> String {
        if let region { return region }
        let metadata = InstanceMetadata(surroundings: surroundings, profile: profile, transport: transport)
        let answer: [UInt8]?
        do { answer = try await metadata.get("meta-data/placement/region") } catch {
            throw ConfigurationError(
                .region, "no region is set, and EC2's metadata has none (\(error.reason))",
                advice: Self.missingRegion.advice)
        }
        guard let answer, !answer.isEmpty else { throw Self.missingRegion }
        let region = String(decoding: answer, as: UTF8.self)
        try Self.check(region: region, source: "EC2's metadata")
        return region
    }
}
