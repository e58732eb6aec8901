extension AWSConfiguration {
    /// How a transport connects under this configuration: certificates and proxy.
    public var transportOptions: CurlTransport.Options {
        var options = CurlTransport.Options()
        options.caBundle = caBundle
        options.httpsProxy = proxy.https
        options.noProxy = proxy.noProxy.joined(separator: ",")
        return options
    }

    /// A client of a service: its endpoint, the region of signatures, the configured number of attempts.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - region: The region, such as ``resolveRegion(transport:)`` gives.
    ///   - credentials: Gives the credentials of each attempt.
    ///   - transport: Carries the requests.
    ///   - settings: Retries and deadlines; the service's standard with ``maxAttempts`` where left out.
    /// - Returns: The client; nothing has been asked of the service yet.
    /// - Throws: ``ConfigurationError`` if the settings give no endpoint.
    public func client(
        for service: AWSService, region: String, credentials: any CredentialsProvider, transport: any Transport,
        settings: AWSClient.Settings? = nil
    ) throws(ConfigurationError) -> AWSClient {
        let endpoint = try resolveEndpoint(for: service, region: region)
        return AWSClient(
            service: service, region: endpoint.signingRegion, endpoint: endpoint.url, credentials: credentials,
            transport: transport,
            settings: settings ?? AWSClient.Settings(retry: .standard(for: service, maxAttempts: maxAttempts)))
    }
}
