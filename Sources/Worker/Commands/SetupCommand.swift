import AWSCore
import ArgumentParser
import Operations

/// `worker setup`: makes queue and table where they are missing.
struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Makes the queue, its dead-letter queue and the table where they are missing; safe to repeat.")

    @OptionGroup(title: "Queue and table")
    var dependencies: DependencyOptions

    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func run() async throws {
        logging.start()
        let services = try await AWSServices.load()
        do {
            for finding in try await QueueSetup(dependencies.queue, client: services.sqs).run() { print(finding) }
            print(try await TableSetup(client: services.dynamoDB, name: dependencies.table, clock: .system).run())
        } catch {
            throw Failure.exit(because: error)
        }
    }
}

/// How a command that needs its dependencies now ends without them.
enum Failure {
    /// Says what is wrong on standard error.
    ///
    /// - Returns: 77 where credentials or access are refused, 69 for all else.
    static func exit(because error: any Error) -> ExitCode {
        LogWriter.standardError(Array("Error: \(LogText.escaped("\(error)"))\n".utf8))
        return status(of: error)
    }

    /// The exit status that an error ends with.
    static func status(of error: any Error) -> ExitCode {
        if let error = error as? AWSError, error.category == .refused { return .noPermission }
        return .unavailable
    }
}
