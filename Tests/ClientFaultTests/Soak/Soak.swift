import Foundation

@testable import AWSCore
@testable import Simulator

/// All operations at once under all faults at once, for a while.
struct Soak: Sendable {
    /// How likely each fault is for a request.
    static let probability = 0.05
    /// Tasks that call; half as many again, of them, give calls up.
    static let tasks = 16
    /// Under a sanitizer everything takes several times as long, and memory is kept back.
    static let isSanitized = ProcessInfo.processInfo.environment["SOAK_SANITIZED"] != nil
    static let attemptTimeout = Duration.seconds(isSanitized ? 5 : 1)
    static let callTimeout = attemptTimeout * 5
    static let longPoll = Duration.seconds(1)

    let simulator: RunningSimulator
    let transport: CurlTransport
    let ledger = SoakLedger()
    private let sqsCalls: AWSClient
    private let dynamoDBCalls: AWSClient
    private let queueURL: String

    private var sqs: SQSClient { SQSClient(sqsCalls) }
    private var dynamoDB: DynamoDBClient { DynamoDBClient(dynamoDBCalls) }

    init() async throws {
        let simulator = try await Simulator.start()
        let transport = try CurlTransport()
        func client(_ service: AWSService) -> AWSClient {
            var settings = AWSClient.Settings(retry: .standard(for: service))
            settings.connectTimeout = Self.attemptTimeout
            settings.attemptTimeout = Self.attemptTimeout
            settings.callTimeout = Self.callTimeout
            // A tenth of the standard's waits: more faults in the time there is.
            settings.sleep = { try await Task.sleep(for: $0 / 10) }
            return AWSClient(
                service: service, region: "us-east-1", endpoint: simulator.endpoint, credentials: TestCredentials(),
                transport: transport, settings: settings)
        }
        self.simulator = simulator
        self.transport = transport
        sqsCalls = client(.sqs)
        dynamoDBCalls = client(.dynamoDB)
        queueURL = try await SQSClient(sqsCalls).createQueue(
            name: "beacons", attributes: ["VisibilityTimeout": "2", "ReceiveMessageWaitTimeSeconds": "0"])
        _ = try await DynamoDBClient(dynamoDBCalls).createTable("beacons", partitionKey: "pk", sortKey: "sk")
    }

    /// Every fault, each with its probability.
    static let faults: [Fault] = Fault.Kind.allCases.map { kind in
        var fault = Fault(kind)
        fault.probability = probability
        fault.latency = .milliseconds(20)
        fault.text = "item 7"
        return fault
    }

    /// Calls under faults until the time is over; what is under way then ends by itself.
    ///
    /// - Parameters:
    ///   - duration: How long.
    ///   - watch: Looks at the process, ten times in all.
    func run(for duration: Duration, watch: @escaping @Sendable () -> Void) async {
        simulator.faults.set(Self.faults)
        let end = ContinuousClock.now + duration
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<Self.tasks {
                group.addTask {
                    while ContinuousClock.now < end { await step(task) }
                }
            }
            group.addTask {
                for _ in 0..<10 {
                    try? await Task.sleep(for: duration / 10)
                    watch()
                }
            }
        }
        simulator.faults.set([])
    }

    private func step(_ task: Int) async {
        switch task % 4 {
        case 0: await send()
        case 1: await write()
        case 2: await receive()
        default: await giveUp()
        }
    }

    // MARK: Steps

    private func send() async {
        // Receivers must keep up, or the queue grows and not the client.
        guard (simulator.world.sqs.queue(named: "beacons")?.depth().visible ?? 0) < 1000 else { return await receive() }
        let first = ledger.update { entries in
            defer { entries.nextMessage += 10 }
            return entries.nextMessage
        }
        let results = await ledger.note { () throws(AWSError) in
            try await sqs.sendMessageBatch(queueURL: queueURL, bodies: (0..<10).map { Array("\(first + $0)".utf8) })
        }
        for (place, result) in (results ?? []).enumerated() {
            if case .success = result { ledger.update { $0.sent.insert(first + place) } }
        }
    }

    private func write() async {
        let first = ledger.update { entries in
            defer { entries.nextItem = (entries.nextItem + 25) % 10_000 }
            return entries.nextItem
        }
        let left = await ledger.note { () throws(AWSError) in
            try await dynamoDB.batchWriteItem(
                table: "beacons", puts: (first..<first + 25).map(FaultBench.item), keyAttributes: ["pk", "sk"])
        }
        guard let left else { return }
        let written = Set(0..<25).subtracting(left)
        ledger.update { entries in
            for place in written { entries.written.insert(first + place) }
        }
    }

    /// Receives, hides for longer, and deletes.
    private func receive() async {
        let messages = await ledger.note { () throws(AWSError) in
            try await sqs.receiveMessage(queueURL: queueURL, waitTime: Self.longPoll)
        }
        guard let messages, !messages.isEmpty else { return }
        ledger.update { entries in
            for message in messages {
                if let number = Int(String(decoding: message.body, as: UTF8.self)) { entries.received.insert(number) }
            }
        }
        _ = await ledger.note { () throws(AWSError) in
            try await sqs.changeMessageVisibilityBatch(
                queueURL: queueURL, entries: messages.map { ($0.receiptHandle, .seconds(5)) })
        }
        _ = await ledger.note { () throws(AWSError) in
            try await sqs.deleteMessageBatch(queueURL: queueURL, receiptHandles: messages.map(\.receiptHandle))
        }
    }

    /// Begins a call and cancels it at a time that may be any: before it is sent, under way, done.
    private func giveUp() async {
        let call = Task {
            _ = await ledger.note { () throws(AWSError) in try await dynamoDB.describeTable("beacons") }
        }
        try? await Task.sleep(for: .microseconds(Int.random(in: 0...20_000)))
        call.cancel()
        await call.value
    }

    // MARK: Afterwards, without faults

    /// Takes what is left on the queue.
    func drain() async throws {
        while (simulator.world.sqs.queue(named: "beacons")?.depth()).map({ $0.visible + $0.inFlight > 0 }) == true {
            await receive()
        }
    }

    /// The items that the table holds as they were sent.
    func heldItems() -> NumberSet {
        var held = NumberSet()
        for entry in simulator.world.dynamoDB.table(named: "beacons")?.history() ?? [] {
            let number = Int(String(decoding: entry.key.sort.bytes, as: UTF8.self)) ?? 0
            if entry.item.json == FaultBench.item(number).json { held.insert(number) }
        }
        return held
    }

    /// Calls each service so often that its quota is full again, if it is not stuck.
    ///
    /// The first call does not count: the clock that the client learnt last may have been a fault's, and to correct it
    /// within the call takes a retry, for which there may be no quota left.
    ///
    /// - Returns: Why calls failed, and the tokens that SQS and DynamoDB have.
    func recover() async -> (failures: [AWSError], quotas: [Int]) {
        var failures: [AWSError] = []
        _ = try? await sqs.getQueueURL(name: "beacons")
        _ = try? await dynamoDB.describeTable("beacons")
        for _ in 0..<RetryQuota.capacity {
            do throws(AWSError) {
                _ = try await sqs.getQueueURL(name: "beacons")
                _ = try await dynamoDB.describeTable("beacons")
            } catch {
                failures.append(error)
            }
        }
        return (failures, [sqsCalls.quota.available, dynamoDBCalls.quota.available])
    }

    /// The retry tokens that SQS and DynamoDB have now.
    var quotas: [Int] { [sqsCalls.quota.available, dynamoDBCalls.quota.available] }
}
