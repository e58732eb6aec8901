import Locking
import AWSCore
import Logging
import Operations

/// The queue as a ``MessageSink``: finds it, and while it cannot be used shows why and goes on trying.
final class QueueConnection: MessageSink {
    private struct State {
        var client: SQSClient?
        var url: String?
        /// What is wrong with the queue, if something is known to be.
        var trouble: AWSError.Category?
        var isReaching = false
        /// What was said last, and of which kind of trouble.
        var said: (category: AWSError.Category, trouble: Persistence.Trouble)?
    }

    private let queue: String
    private let makeClient: @Sendable () async throws -> SQSClient
    private let foundLimit: @Sendable (ByteCount) -> Void
    private let persistence: Persistence
    private let readiness: Readiness
    private let logger: Logger
    private let state = Guarded(State())
    /// A queue that refuses what is sent is asked again after this.
    private let refusalPause: Duration = .seconds(5)

    /// - Parameters:
    ///   - queue: The queue's name or URL.
    ///   - makeClient: Makes the client, once; called again as long as it throws.
    ///   - readiness: Shows the queue's state under `queue`.
    ///   - logger: Hears of each trouble once.
    ///   - foundLimit: Told the queue's `MaximumMessageSize`.
    init(
        queue: String, makeClient: @escaping @Sendable () async throws -> SQSClient, readiness: Readiness,
        logger: Logger, foundLimit: @escaping @Sendable (ByteCount) -> Void
    ) {
        self.queue = queue
        self.makeClient = makeClient
        self.readiness = readiness
        self.logger = logger
        self.foundLimit = foundLimit
        persistence = Persistence(readiness: readiness, logger: logger, pauses: .milliseconds(250)...(.seconds(1)))
    }

    /// Finds the queue, in the background, for as long as it takes.
    func reach() {
        let isNew = state.withLock { state in
            defer { state.isReaching = true }
            return !state.isReaching
        }
        guard isNew else { return }
        Task {
            try? await persistence.reach("queue") {
                try await self.find()
            } explain: { error in
                self.state.withLock { $0.trouble = (error as? AWSError)?.category }
                return self.trouble(error)
            }
            state.withLock { state in
                state.isReaching = false
                state.trouble = nil
                state.said = nil
            }
        }
    }

    private func find() async throws {
        let known = state.withLock { $0.client }
        let client: SQSClient
        if let known { client = known } else { client = try await makeClient() }
        let url = queue.contains("://") ? queue : try await client.getQueueURL(name: queue)
        do throws(AWSError) {
            let attributes = try await client.getQueueAttributes(queueURL: url, names: ["MaximumMessageSize"])
            if let limit = attributes["MaximumMessageSize"].flatMap({ Int($0) }) { foundLimit(.bytes(limit)) }
        } catch {
            // Whoever may send need not be allowed to ask: then SQS's own limit counts.
            guard error.category == .refused, error.code != .noCredentials else { throw error }
        }
        state.withLock { state in
            state.client = client
            state.url = url
        }
    }

    func send(_ messages: [PackedMessage]) async -> [SinkOutcome] {
        let (client, url, trouble) = state.withLock { ($0.client, $0.url, $0.trouble) }
        guard let client, let url else {
            let isCutOff = trouble == .missing || trouble == .refused
            let outcome: SinkOutcome = isCutOff ? .cutOff("no queue") : .failed("the queue is not reached yet")
            return messages.map { _ in outcome }
        }
        do throws(AWSError) {
            let results = try await client.sendMessageBatch(queueURL: url, bodies: messages.map(\.bytes))
            return results.map(Self.outcome)
        } catch {
            if error.category == .invalid { return await sendAlone(messages, error) }
            return failed(messages, error)
        }
    }

    private static func outcome(_ result: Result<String, BatchEntryError>) -> SinkOutcome {
        switch result {
        case .success: .accepted
        case .failure(let error) where error.senderFault: .refused("\(error.code): \(error.message)")
        case .failure(let error): .failed("\(error.code): \(error.message)")
        }
    }

    /// Finds which message of a batch it is that the queue refuses the whole batch for.
    private func sendAlone(_ messages: [PackedMessage], _ error: AWSError) async -> [SinkOutcome] {
        if messages.count == 1 { return [.refused("\(error)")] }
        var outcomes: [SinkOutcome] = []
        for message in messages { outcomes += await send([message]) }
        return outcomes
    }

    private func failed(_ messages: [PackedMessage], _ error: AWSError) -> [SinkOutcome] {
        if error.code == .cancelled {
            // Nobody waited for the answer any longer: whether the queue gives any is to be found out.
            reach()
            return messages.map { _ in .failed("cancelled") }
        }
        switch error.category {
        case .missing:
            state.withLock { $0.trouble = .missing }
            reach()
            return messages.map { _ in .cutOff("\(error)") }
        case .refused:
            refused(error)
            return messages.map { _ in .cutOff("\(error)") }
        case .unreachable, .throttled, .invalid:
            reach()
            return messages.map { _ in .failed("\(error)") }
        }
    }

    /// The queue is there and does not let this process send. Only another send can tell when that has changed, so
    /// after a pause it counts as ready again.
    private func refused(_ error: AWSError) {
        let isNew = state.withLock { state in
            defer { state.trouble = .refused }
            return state.trouble != .refused
        }
        guard isNew else { return }
        let trouble = trouble(error)
        readiness.fail("queue", because: trouble.reason)
        logger.warning(
            "queue is not available; trying on",
            metadata: ["reason": "\(error)", "advice": "\(trouble.advice)"])
        Task {
            try? await Task.sleep(for: refusalPause)
            state.withLock { $0.trouble = nil }
            readiness.meet("queue")
        }
    }

    private func trouble(_ error: any Error) -> Persistence.Trouble {
        guard let error = error as? AWSError else {
            return .init(reason: "queue \(queue): \(error)", advice: "see the reason")
        }
        // Of the same kind of trouble the words of the first error stand, so that it is said once.
        return state.withLock { state in
            if let said = state.said, said.category == error.category { return said.trouble }
            let trouble = newTrouble(error)
            state.said = (error.category, trouble)
            return trouble
        }
    }

    private func newTrouble(_ error: AWSError) -> Persistence.Trouble {
        switch error.category {
        case .missing:
            return .init(reason: "queue \(queue) does not exist", advice: "create it with `worker setup`")
        case .refused where error.code == .noCredentials:
            return .init(reason: "no credentials: \(error.message)", advice: "provide AWS credentials")
        case .refused:
            return .init(
                reason: "queue \(queue): \(error.code)",
                advice: "check the credentials and allow sqs:GetQueueUrl, GetQueueAttributes and SendMessage")
        case .throttled:
            return .init(reason: "queue \(queue) is throttled", advice: "raise its limits, or wait")
        case .invalid:
            return .init(
                reason: "queue \(queue) refuses: \(error.code): \(error.message)", advice: "check its settings")
        case .unreachable:
            return .init(
                reason: "queue \(queue) is unreachable: \(error.message)", advice: "check endpoint, region and network")
        }
    }
}

extension SQSClient {
    /// A client whose calls fit into the time that beacons wait.
    ///
    /// - Parameters:
    ///   - access: AWS's own settings.
    ///   - patience: How long beacons wait for the queue.
    /// - Returns: The client.
    /// - Throws: `ConfigurationError` where no region or endpoint is to be had now.
    static func connect(
        _ access: AWSAccess, patience: Duration
    ) async throws(ConfigurationError) -> SQSClient {
        var settings = AWSClient.Settings(retry: .standard(for: .sqs, maxAttempts: access.configuration.maxAttempts))
        // A call that hangs holds up the next for as long as it may hang.
        settings.attemptTimeout = max(.seconds(1), patience / 4)
        settings.connectTimeout = settings.attemptTimeout
        settings.callTimeout = max(.seconds(1), patience)
        return SQSClient(try access.client(for: .sqs, region: await access.region(), settings: settings))
    }
}
