import AWSCore
import ArgumentParser
import Logging
import Operations

/// `worker run`: works until SIGTERM or SIGINT.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Stores what comes on the queue, until SIGTERM or SIGINT (the default).")

    @OptionGroup(title: "Queue and table")
    var dependencies: DependencyOptions

    @OptionGroup(title: "Processing")
    var processing: ProcessingOptions

    @Option("admin", env: "WORKER_ADMIN", default: "127.0.0.1:7003", help: "Where health and metrics are served.")
    var admin: ListenAddress

    @Option(
        "workers", env: "WORKER_COUNT", default: "16", from: (least: "1", greatest: "1024"),
        help: "How many messages are worked at once.")
    var workers: Int

    @Option(
        "receivers", env: "WORKER_RECEIVERS", unset: "as many as keep the workers busy, 1 when idle",
        help: "The most long polls at once.")
    var receivers: ReceiverCount?

    @Flag(
        help: """
            One bounded pass: reads and processes messages, prints their items, writes and deletes nothing, and gives \
            the messages back.
            """)
    var dryRun = false

    @OptionGroup(title: "Draining")
    var draining: DrainOptions

    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func run() async throws {
        logging.start()
        if dryRun { return try await runDry() }
        let registry = MetricsRegistry()
        registry.bootstrap()
        registry.describe(WorkerMetrics.meanings)
        let logger = Logger(label: "worker")
        let access = try AWSServices.access()
        let readiness = Readiness(starting: ["queue", "table"])
        let liveness = Liveness()
        let listener = try await AdminListener.start(
            on: admin, routes: AdminRoutes(readiness: readiness, liveness: liveness, metrics: registry))
        let drain = Drain(limit: draining.limit, readiness: readiness, logger: logger)
        let signals = await ProcessSignals.watch(drain.take)
        logger.notice("worker started", metadata: ["admin": "\(listener.address)"])
        let services = await AWSServices.reach(
            access, readiness: readiness, logger: logger, until: drain.requested)
        if let services {
            let service = WorkerService(
                settings: PipelineSettings(workers: workers, receivers: receivers?.count),
                queue: SQSQueue(dependencies.queue, client: services.sqs),
                table: DynamoDBTable(name: dependencies.table, client: services.dynamoDB),
                conditions: Conditions(
                    queue: dependencies.queue, table: dependencies.table, readiness: readiness, logger: logger),
                readiness: readiness, liveness: liveness, registry: registry, logger: logger, clock: .system,
                makeProcessor: processing.makeProcessor)
            await service.run(until: drain.requested)
        }
        drain.finished()
        withExtendedLifetime(signals) {}
        logger.notice("worker ended")
        await listener.close()
    }

    private func runDry() async throws {
        let queue = SQSQueue(dependencies.queue, client: try await AWSServices.load().sqs)
        let pass = DryRun(queue: queue, processors: ProcessorPool(make: processing.makeProcessor)) { json in
            print(String(decoding: json, as: UTF8.self))
        }
        do {
            let seen = try await pass.run()
            StandardError.write(
                """
                \(seen.messages) messages (\(seen.unreadable) unreadable, \(seen.unknown) for a newer worker), \
                \(seen.events) events, \(seen.quarantinedEvents) refused, \(seen.items) items; nothing was written or \
                deleted

                """)
        } catch {
            throw Failure.exit(because: error)
        }
    }
}

/// How many long polls there may be at once.
struct ReceiverCount: SettingValue {
    static let accepted = "a whole number from 1 to 64"

    let count: Int

    init?(setting: String) {
        guard let count = Int(setting: setting), 1...64 ~= count else { return nil }
        self.count = count
    }
}
