public import AWSCore
import ArgumentParser

/// The way to AWS's services, as AWS's own settings say. Of an executable that starts before they can be told: EC2's
/// metadata may not know the region yet.
public struct AWSAccess: Sendable {
    /// The settings.
    public let configuration: AWSConfiguration
    private let transport: CurlTransport
    private let credentials: any CredentialsProvider

    /// Reads the settings; connects nothing.
    ///
    /// - Parameters:
    ///   - services: The services that clients will be made of.
    ///   - environment: The environment variables.
    /// - Throws: `ValidationError` where the settings are wrong.
    public init(
        to services: [AWSService], environment: [String: String] = ProcessEnvironment.all()
    ) throws {
        do throws(ConfigurationError) {
            configuration = try AWSConfiguration.load(environment: environment)
            // An endpoint that is none is found at the start where the region is known then.
            if let region = configuration.region {
                for service in services { _ = try configuration.resolveEndpoint(for: service, region: region) }
            }
        } catch {
            throw ValidationError("\(error)")
        }
        transport = try CurlTransport(options: configuration.transportOptions)
        credentials = configuration.credentialsProvider(transport: transport)
    }

    /// The region of the settings, or the one that EC2's metadata says.
    ///
    /// - Throws: ``AWSCore/ConfigurationError`` where nothing tells it now.
    public func region() async throws(ConfigurationError) -> String {
        try await configuration.resolveRegion(transport: transport)
    }

    /// A client of a service.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - region: What ``region()`` gave.
    ///   - settings: Retries and deadlines; the service's standard where left out.
    /// - Returns: The client; nothing has been asked of the service yet.
    /// - Throws: ``AWSCore/ConfigurationError`` where the settings give no endpoint.
    public func client(
        for service: AWSService, region: String, settings: AWSClient.Settings? = nil
    ) throws(ConfigurationError) -> AWSClient {
        try configuration.client(
            for: service, region: region, credentials: credentials, transport: transport, settings: settings)
    }
}
