import Locking
@testable import AWSCore
@testable import Simulator

/// A simulator, a client under test that is fresh, and one that no fault touches, which prepares and looks.
struct FaultBench: Sendable {
    let simulator: RunningSimulator
    let time = BenchTime()
    let tested: Clients
    private let sound: Clients
    private let queueURL: String

    /// Clients of both services over one transport.
    struct Clients: Sendable {
        let sqs: SQSClient
        let dynamoDB: DynamoDBClient

        init(_ simulator: RunningSimulator, time: BenchTime, patience: Duration) throws {
            let transport = try CurlTransport()
            func client(_ service: AWSService) -> AWSClient {
                var settings = AWSClient.Settings(retry: .standard(for: service))
                settings.attemptTimeout = patience
                settings.callTimeout = .seconds(60)
                settings.now = time.now
                settings.random = { 1 }
                // What is waited for is told by other tests; here nothing waits.
                settings.sleep = { _ in await Task.yield() }
                return AWSClient(
                    service: service, region: "us-east-1", endpoint: simulator.endpoint,
                    credentials: TestCredentials(), transport: transport, settings: settings)
            }
            sqs = SQSClient(client(.sqs))
            dynamoDB = DynamoDBClient(client(.dynamoDB))
        }
    }

    init(patience: Duration) async throws {
        var options = SimulatorOptions()
        options.clock = time.now
        simulator = try await Simulator.start(options)
        tested = try Clients(simulator, time: time, patience: patience)
        sound = try Clients(simulator, time: time, patience: .seconds(30))
        queueURL = try await sound.sqs.createQueue(name: "beacons")
        _ = try await sound.dynamoDB.createTable("beacons", partitionKey: "pk", sortKey: "sk")
    }

    // MARK: Preparing

    static func body(_ number: Int) -> String { "message \(number)" }

    static func item(_ number: Int) -> EncodedItem {
        EncodedItem(["pk": .string("p"), "sk": .string("\(number)"), "text": .string("item \(number)")])
    }

    /// Puts on the queue what the subject needs, and takes what it needs in hand.
    ///
    /// - Returns: The receipt handles in the order of the messages.
    func prepare(_ subject: Subject) async throws -> [String] {
        guard subject != .send, subject != .write else { return [] }
        _ = try await sound.sqs.sendMessageBatch(
            queueURL: queueURL, bodies: (0..<subject.count).map { Array(Self.body($0).utf8) })
        guard subject != .receive else { return [] }
        let messages = try await sound.sqs.receiveMessage(queueURL: queueURL, waitTime: .seconds(1))
        return messages.sorted { number($0) ?? -1 < number($1) ?? -1 }.map(\.receiptHandle)
    }

    private func number(_ message: SQSMessage) -> Int? {
        Int(String(decoding: message.body, as: UTF8.self).dropFirst("message ".count))
    }

    // MARK: The call

    /// Calls the subject's operation once with the client under test.
    func call(_ subject: Subject, _ handles: [String]) async -> Reported {
        var reported = Reported()
        let all = 0..<subject.count
        do throws(AWSError) {
            switch subject {
            case .send:
                let bodies = all.map { Array(Self.body($0).utf8) }
                let results = try await tested.sqs.sendMessageBatch(queueURL: queueURL, bodies: bodies)
                reported.add(
                    results.map { result in
                        if case .failure(let error) = result { error } else { nil }
                    })
            case .receive:
                let messages = try await tested.sqs.receiveMessage(queueURL: queueURL, waitTime: .seconds(1))
                reported.done = Set(messages.compactMap(number))
            case .delete:
                reported.add(try await tested.sqs.deleteMessageBatch(queueURL: queueURL, receiptHandles: handles))
            case .changeVisibility:
                reported.add(
                    try await tested.sqs.changeMessageVisibilityBatch(
                        queueURL: queueURL, entries: handles.map { ($0, Self.extension) }))
            case .write:
                let left = try await tested.dynamoDB.batchWriteItem(
                    table: "beacons", puts: all.map(Self.item), keyAttributes: ["pk", "sk"])
                reported.done = Set(all).subtracting(left)
                if !left.isEmpty { reported.failed["unprocessed"] = left.count }
            }
        } catch {
            reported.error = error
        }
        return reported
    }

    /// What visibility is changed to: longer than a visibility timeout.
    private static let `extension` = Duration.seconds(600)

    /// Whether the client under test does its work again once faults are over.
    func works() async -> Bool {
        do {
            _ = try await tested.sqs.getQueueURL(name: "beacons")
            _ = try await tested.dynamoDB.describeTable("beacons")
            return true
        } catch {
            return false
        }
    }

    // MARK: What the simulator holds

    /// The entries that the simulator has done; for a receive, those that the queue has still.
    func held(_ subject: Subject) async throws -> Set<Int> {
        let all = Set(0..<subject.count)
        guard subject != .write else { return items() }
        // Longer than the queue's visibility timeout, shorter than what it was extended to.
        time.advance(by: .seconds(60))
        let visible = try await receiveAll()
        switch subject {
        case .send, .receive: return visible
        default: return all.subtracting(visible)
        }
    }

    /// The items that are in the table as they were sent.
    private func items() -> Set<Int> {
        let history = simulator.world.dynamoDB.table(named: "beacons")?.history() ?? []
        return Set(
            history.compactMap { entry in
                let number = Int(String(decoding: entry.key.sort.bytes, as: UTF8.self)) ?? -1
                return entry.item.json == Self.item(number).json ? number : nil
            })
    }

    private func receiveAll() async throws -> Set<Int> {
        var found: Set<Int> = []
        while true {
            let messages = try await sound.sqs.receiveMessage(queueURL: queueURL, waitTime: .zero)
            if messages.isEmpty { return found }
            found.formUnion(messages.compactMap(number))
        }
    }
}

extension Reported {
    fileprivate mutating func add(_ results: [BatchEntryError?]) {
        for (number, failure) in results.enumerated() {
            if let failure { failed[failure.code.rawValue, default: 0] += 1 } else { done.insert(number) }
        }
    }
}

/// The time of a bench: it stands until the test lets it pass.
final class BenchTime: Sendable {
    private let elapsed = Guarded(Duration.zero)

    var now: @Sendable () -> Timestamp {
        { Timestamp(seconds: 1_790_000_000) + self.elapsed.withLock { $0 } }
    }

    func advance(by duration: Duration) {
        elapsed.withLock { $0 += duration }
    }
}

struct TestCredentials: CredentialsProvider {
    func credentials() async throws -> Credentials {
        Credentials(accessKeyId: "test", secretAccessKey: "test")
    }
}
