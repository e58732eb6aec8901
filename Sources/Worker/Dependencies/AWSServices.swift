import AWSCore
import ArgumentParser
import Operations

/// The clients of the services that the worker uses, made from AWS's own settings.
struct AWSServices: Sendable {
    let sqs: SQSClient
    let dynamoDB: DynamoDBClient

    /// Reads the settings, asks EC2 for the region where they have none, and connects nothing else yet.
    ///
    /// - Throws: `ValidationError` where the settings are wrong, or no region is to be had now.
    static func load(environment: [String: String] = ProcessEnvironment.all()) async throws -> AWSServices {
        do {
            let configuration = try AWSConfiguration.load(environment: environment)
            let transport = try CurlTransport(options: configuration.transportOptions)
            let region = try await configuration.resolveRegion(transport: transport)
            return try AWSServices(configuration, region: region, transport: transport)
        } catch let error as ConfigurationError {
            throw ValidationError("\(error)")
        }
    }

    init(_ configuration: AWSConfiguration, region: String, transport: CurlTransport) throws(ConfigurationError) {
        let credentials = configuration.credentialsProvider(transport: transport)
        sqs = SQSClient(
            try configuration.client(for: .sqs, region: region, credentials: credentials, transport: transport))
        dynamoDB = DynamoDBClient(
            try configuration.client(for: .dynamoDB, region: region, credentials: credentials, transport: transport))
    }
}
