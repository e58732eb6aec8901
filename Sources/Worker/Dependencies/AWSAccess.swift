import AWSCore
import ArgumentParser
import Logging
import Operations

/// The way to AWS's services for a worker that starts before they can be told: EC2's metadata may not know the region
/// yet.
struct AWSAccess: Sendable {
    private let configuration: AWSConfiguration
    private let transport: CurlTransport

    /// Reads the settings.
    ///
    /// - Throws: `ValidationError` where they are wrong.
    init(environment: [String: String] = ProcessEnvironment.all()) throws {
        do {
            configuration = try AWSConfiguration.load(environment: environment)
            transport = try CurlTransport(options: configuration.transportOptions)
            // An endpoint that is none is found at the start where the region is known then.
            if let region = configuration.region {
                _ = try AWSServices(configuration, region: region, transport: transport)
            }
        } catch let error as ConfigurationError {
            throw ValidationError("\(error)")
        }
    }

    /// Makes the clients as soon as the region is known; until then says why in log and readiness, and tries on.
    ///
    /// - Parameters:
    ///   - readiness: Shows the region while it is missing.
    ///   - logger: Hears of it once.
    ///   - stop: Returns when the worker is to stop; may be called several times.
    /// - Returns: The clients; `nil` if it is to stop first.
    func services(
        readiness: Readiness, logger: Logger, until stop: @escaping @Sendable () async -> Void
    ) async -> AWSServices? {
        await withTaskGroup(of: AWSServices?.self) { group in
            group.addTask {
                await stop()
                return nil
            }
            group.addTask {
                try? await Persistence(readiness: readiness, logger: logger).reach("region") {
                    let region = try await configuration.resolveRegion(transport: transport)
                    return try AWSServices(configuration, region: region, transport: transport)
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
