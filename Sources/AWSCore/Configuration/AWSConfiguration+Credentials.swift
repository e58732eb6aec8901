extension AWSConfiguration {
    /// The chain of credentials: environment, then the profile in the shared files.
    ///
    /// - Parameter transport: Carries requests to services that give credentials.
    /// - Returns: The chain.
    public func credentialsProvider(transport: any Transport) -> any CredentialsProvider {
        CredentialsCache(
            CredentialsChain(sources: [
                EnvironmentCredentials(surroundings: surroundings),
                ProfileCredentials(profiles: files.profiles, profileName: profileName),
            ]))
    }

    /// The region, from the settings or else from the machine's metadata.
    ///
    /// - Parameter transport: Carries requests to the metadata service.
    /// - Returns: The region.
    /// - Throws: ``ConfigurationError`` if none can be found.
    public func resolveRegion(transport: any Transport) async throws(ConfigurationError) -> String {
        guard let region else { throw Self.missingRegion }
        return region
    }
}
