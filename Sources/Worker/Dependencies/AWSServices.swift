import AWSCore
import ArgumentParser
import Operations

/// The clients of the services that the worker uses, made from AWS's own settings.
struct AWSServices: Sendable {
    let sqs: SQSClient
    let dynamoDB: DynamoDBClient

    /// Reads the settings and connects nothing yet.
    ///
    /// - Throws: `ExitCode.usage`, with the message on standard error, where the settings are wrong.
    static func load(environment: [String: String] = ProcessEnvironment.all()) async throws -> AWSServices {
        do {
            let configuration = try AWSConfiguration.load(environment: environment)
            let transport = try CurlTransport(options: configuration.transportOptions)
            let region = try await configuration.resolveRegion(transport: transport)
            let credentials = configuration.credentialsProvider(transport: transport)
            func client(_ service: AWSService) throws -> AWSClient {
                try configuration.client(for: service, region: region, credentials: credentials, transport: transport)
            }
            return AWSServices(sqs: SQSClient(try client(.sqs)), dynamoDB: DynamoDBClient(try client(.dynamoDB)))
        } catch let error as ConfigurationError {
            throw ValidationError("\(error)")
        }
    }
}
