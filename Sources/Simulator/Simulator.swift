import NIOCore
import NIOPosix

/// SQS, DynamoDB and the one STS operation that the project uses, in memory, for tests and load.
enum Simulator {
    /// Starts a simulator in this process.
    ///
    /// - Returns: What is running; it runs until it is stopped.
    /// - Throws: `IOError` where the address cannot be listened on.
    static func start(_ options: SimulatorOptions = SimulatorOptions()) async throws -> RunningSimulator {
        let world = World(options)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, options.eventLoops))
        do {
            let channel = try await HTTPServer.bind(world, on: group)
            return RunningSimulator(world: world, group: group, channel: channel)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }
}

/// Everything that one simulator simulates.
final class World: Sendable {
    let options: SimulatorOptions
    let faults: Faults
    let meter = Meter()
    let sqs: SQSService
    let dynamoDB: DynamoDBService
    let verifier: SignatureVerifier

    init(_ options: SimulatorOptions) {
        self.options = options
        faults = Faults(seed: options.seed, faults: options.faults)
        verifier = SignatureVerifier(options)
        sqs = SQSService(options: options, meter: meter)
        dynamoDB = DynamoDBService(options: options, meter: meter, faults: faults)
    }

    /// Forgets queues, tables and counts; faults stay.
    func reset() {
        sqs.removeAll()
        dynamoDB.removeAll()
        meter.reset()
    }
}

/// A simulator that listens.
final class RunningSimulator: Sendable {
    /// What it simulates, to look into from a test.
    let world: World
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel

    init(world: World, group: MultiThreadedEventLoopGroup, channel: any Channel) {
        self.world = world
        self.group = group
        self.channel = channel
    }

    /// The port that it listens on.
    var port: Int { channel.localAddress?.port ?? 0 }

    /// The endpoint URL for clients.
    var endpoint: String { "http://\(world.options.host):\(port)" }

    var faults: Faults { world.faults }
    var meter: Meter { world.meter }

    /// Waits until it stops listening.
    func wait() async throws {
        try await channel.closeFuture.get()
    }

    /// Closes every connection and stops listening; complete when it returns.
    func stop() async throws {
        try? await channel.close()
        try await group.shutdownGracefully()
    }
}
