import AWSCore
import Locking

/// Amazon SQS, standard queues, in memory.
final class SQSService: Sendable {
    let accountId: String
    let region: String
    let meter: Meter
    private let clock: @Sendable () -> Timestamp
    private let seed: UInt64
    private let queues = Guarded<[String: SQSQueue]>([:])

    init(options: SimulatorOptions, meter: Meter) {
        accountId = options.accountId
        region = options.region
        clock = options.clock
        seed = options.seed
        self.meter = meter
    }

    /// Works one request.
    ///
    /// - Throws: `ServiceError`, as AWS answers.
    func work(_ input: JSONValue, _ call: Call) throws -> Outcome {
        guard input.kind == .object else { throw ServiceError.serialization }
        switch call.operation {
        case .receiveMessage: return try receiveMessage(input, call)
        case .createQueue: return .answer(try createQueue(input, call))
        case .getQueueURL: return .answer(try getQueueURL(input, call))
        case .getQueueAttributes: return .answer(try getQueueAttributes(input))
        case .setQueueAttributes: return .answer(try setQueueAttributes(input))
        case .listQueues: return .answer(try listQueues(input, call))
        case .purgeQueue: return .answer(try purgeQueue(input))
        case .sendMessage: return .answer(try sendMessage(input, call))
        case .sendMessageBatch: return .answer(try sendMessageBatch(input, call))
        case .deleteMessage: return .answer(try deleteMessage(input, call))
        case .deleteMessageBatch: return .answer(try deleteMessageBatch(input, call))
        case .changeMessageVisibility: return .answer(try changeMessageVisibility(input, call))
        case .changeMessageVisibilityBatch: return .answer(try changeMessageVisibilityBatch(input, call))
        default: throw ServiceError.unknownOperation
        }
    }

    // MARK: Queues

    func queue(named name: String) -> SQSQueue? {
        queues.withLock { $0[name] }
    }

    /// The queue that a request's `QueueUrl` names.
    func queue(of input: JSONValue) throws -> SQSQueue {
        guard let url = input["QueueUrl"]?.string else { throw ServiceError.missingParameter("QueueUrl") }
        // A URL or, as AWS too accepts in the path, account/name; the name is what follows the last slash.
        let name = url.split(separator: "/").last.map(String.init) ?? ""
        guard let queue = queue(named: name) else { throw Self.noSuchQueue }
        return queue
    }

    /// Adds a queue unless there is one of that name.
    ///
    /// - Returns: The queue of that name, and whether it was added.
    func add(named name: String, settings: QueueSettings) -> (queue: SQSQueue, isNew: Bool) {
        queues.withLock { queues in
            if let queue = queues[name] { return (queue, false) }
            let tag = UInt32(truncatingIfNeeded: queues.count + 1)
            let queue = SQSQueue(
                name: name, arn: "arn:aws:sqs:\(region):\(accountId):\(name)", settings: settings, tag: tag,
                seed: seed &+ UInt64(tag), meter: meter, clock: clock,
                deadLetterQueue: { [weak self] arn in
                    arn.split(separator: ":").last.flatMap { self?.queue(named: String($0)) }
                })
            queues[name] = queue
            return (queue, true)
        }
    }

    var names: [String] {
        queues.withLock { $0.keys.sorted() }
    }

    func removeAll() {
        queues.withLock { $0 = [:] }
    }

    func url(of name: String, _ call: Call) -> String {
        "http://\(call.host)/\(accountId)/\(name)"
    }

    static let noSuchQueue = ServiceError.sqs(.queueDoesNotExist, "The specified queue does not exist.")
}
