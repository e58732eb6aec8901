import AWSCore
import Logging
import Operations

/// The clients of the services that the worker uses.
struct AWSServices: Sendable {
    let sqs: SQSClient
    let dynamoDB: DynamoDBClient

    /// Makes the clients, as the region is known now.
    ///
    /// - Parameter access: AWS's own settings.
    /// - Throws: `ConfigurationError` where no region or endpoint is to be had now.
    init(_ access: AWSAccess) async throws(ConfigurationError) {
        let region = try await access.region()
        var settings = AWSClient.Settings(retry: .standard(for: .sqs, maxAttempts: access.configuration.maxAttempts))
        // Visibility is extended once half of it has passed: a call that hangs is over long before the rest has.
        settings.attemptTimeout = .seconds(5)
        settings.callTimeout = .seconds(15)
        sqs = SQSClient(try access.client(for: .sqs, region: region, settings: settings))
        dynamoDB = DynamoDBClient(try access.client(for: .dynamoDB, region: region))
    }

    /// The way to them.
    ///
    /// - Throws: `ValidationError` where AWS's own settings are wrong.
    static func access(environment: [String: String] = ProcessEnvironment.all()) throws -> AWSAccess {
        try AWSAccess(to: [.sqs, .dynamoDB], environment: environment)
    }

    /// The clients for a command that needs them now.
    ///
    /// - Throws: `ValidationError` where AWS's own settings are wrong; `ExitCode`, having said why, where no region is
    ///   to be had now.
    static func load() async throws -> AWSServices {
        let access = try access()
        do {
            return try await AWSServices(access)
        } catch {
            throw Failure.exit(because: error)
        }
    }

    /// Makes the clients as soon as the region is known; until then says why in log and readiness, and tries on.
    ///
    /// - Parameters:
    ///   - access: AWS's own settings.
    ///   - readiness: Shows the region while it is missing.
    ///   - logger: Hears of it once.
    ///   - stop: Returns when the worker is to stop; may be called several times.
    /// - Returns: The clients; `nil` if it is to stop first.
    static func reach(
        _ access: AWSAccess, readiness: Readiness, logger: Logger, until stop: @escaping @Sendable () async -> Void
    ) async -> AWSServices? {
        await withTaskGroup(of: AWSServices?.self) { group in
            group.addTask {
                await stop()
                return nil
            }
            group.addTask {
                try? await Persistence(readiness: readiness, logger: logger).reach("region") {
                    try await AWSServices(access)
                } explain: { error in
                    guard let error = error as? ConfigurationError else {
                        return .init(reason: "\(error)", advice: "set AWS_REGION")
                    }
                    return .init(reason: error.message, advice: error.advice)
                }
            }
            let services = await group.next() ?? nil
            group.cancelAll()
            return services
        }
    }
}
