import AWSCore
import ArgumentParser
import Operations

/// `worker redrive`: moves dead letters back to the queue.
struct RedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Moves the messages of the dead-letter queue back to the queue.",
        discussion: """
            Safe to repeat: what is sent twice makes the same items, but for messages that cannot be read: those have \
            new items each time.
            """)

    @OptionGroup(title: "Queue and table")
    var dependencies: DependencyOptions

    @Option(
        "dead-letter-queue", env: "BEACON_DEAD_LETTER_QUEUE", unset: "<queue>-dead",
        help: "The dead-letter queue's name or URL.")
    var deadLetterQueue: String?

    @Option(
        "rate", env: "WORKER_REDRIVE_RATE", default: "100", from: (least: "1", greatest: "100000"),
        help: "The most messages a second.")
    var rate: Int

    @Option("limit", env: "WORKER_LIMIT", unset: "none", help: "The most messages to move.")
    var limit: PositiveCount?

    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func run() async throws {
        logging.start()
        let services = try await AWSServices.load()
        let deadLetters = SQSQueue(deadLetterQueue ?? "\(dependencies.queue)-dead", client: services.sqs)
        var bar: ProgressBar?
        do {
            let depth = try await deadLetters.attributes().depth
            let moved = ProgressBar(
                "moved", of: depth.map { min($0, limit?.count ?? .max) }, write: StandardError.write)
            bar = moved
            let redrive = Redrive(
                deadLetters: deadLetters,
                resender: Resender(outlet: SQSQueue(dependencies.queue, client: services.sqs), clock: .system),
                clock: .system, limit: limit?.count ?? .max, rate: rate, advance: moved.advance,
                report: { StandardError.write("\($0)\n") })
            let outcome = try await redrive.run()
            moved.end()
            print("\(outcome.moved) moved, \(outcome.left) left")
            if outcome.left > 0 { throw ExitCode.failure }
        } catch let error as AWSError {
            bar?.end()
            throw Failure.exit(because: error)
        }
    }
}

/// Standard error, for what is no log.
enum StandardError {
    static let write: @Sendable (String) -> Void = { LogWriter.standardError(Array($0.utf8)) }
}
