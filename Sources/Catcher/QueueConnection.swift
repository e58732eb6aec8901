import AWSCore
import Locking
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
    private let logger: Logger
    private let sends: SendWatch
    private let state = Guarded(State())

    /// - Parameters:
    ///   - queue: The queue's name or URL.
    ///   - makeClient: Makes the client, once; called again as long as it throws.
    ///   - readiness: Shows under `queue` whether it is found, under `sending` whether it takes what is sent.
    ///   - logger: Hears of each trouble once.
    ///   - foundLimit: Told the queue's `MaximumMessageSize`.
    ///   - clock: Measures pauses.
    init(
        queue: String, makeClient: @escaping @Sendable () async throws -> SQSClient, readiness: Readiness,
        logger: Logger, foundLimit: @escaping @Sendable (ByteCount) -> Void,
        clock: any Clock<Duration> = ContinuousClock()
    ) {
        self.queue = queue
        self.makeClient = makeClient
        self.logger = logger
        self.foundLimit = foundLimit
        sends = SendWatch(readiness: readiness, logger: logger, clock: clock)
        persistence = Persistence(
            readiness: readiness, logger: logger, clock: clock, pauses: .milliseconds(250)...(.seconds(1)))
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
            let wasAway = state.withLock { state in
                defer { state = State(client: state.client, url: state.url) }
                return state.said != nil
            }
            if wasAway { sends.tryAgain() }
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
            return conclude(results.map { SendAnswer($0) })
        } catch {
            guard error.isAboutRequest, messages.count > 1 else {
                return conclude(messages.map { _ in answer(error) })
            }
        }
        // One message may be what the queue refuses the whole call for.
        var answers: [SendAnswer] = []
        for message in messages {
            do throws(AWSError) {
                let results = try await client.sendMessageBatch(queueURL: url, bodies: [message.bytes])
                answers += results.map { SendAnswer($0) }
            } catch {
                answers.append(answer(error))
                if error.isAboutRequest { continue }
                // The others would fare no better.
                answers += repeatElement(SendAnswer(error), count: messages.count - answers.count)
                break
            }
        }
        return conclude(answers)
    }

    /// What an error of a whole call says of a message in it; looks for the queue again where that may have gone.
    private func answer(_ error: AWSError) -> SendAnswer {
        switch error.category {
        case .missing:
            state.withLock { $0.trouble = .missing }
            reach()
        case .unreachable, .throttled: reach()
        case .refused, .invalid: break
        }
        return SendAnswer(error)
    }

    /// What becomes of messages, by the answers to all of one call; readiness hears of it.
    private func conclude(_ answers: [SendAnswer]) -> [SinkOutcome] {
        if answers.contains(where: { $0.isAccepted }) {
            sends.succeeded()
        } else if let (error, isCertain) = answers.lazy.compactMap(\.trouble).first {
            sends.failed(error.category, isCertain: isCertain) { words(of: error) }
        }
        return SendAnswer.outcomes(answers)
    }

    private func trouble(_ error: any Error) -> Persistence.Trouble {
        guard let error = error as? AWSError else {
            return .init(reason: "queue \(queue): \(error)", advice: "see the reason")
        }
        // Of the same kind of trouble the words of the first error stand, so that it is said once.
        return state.withLock { state in
            if let said = state.said, said.category == error.category { return said.trouble }
            let trouble = words(of: error)
            state.said = (error.category, trouble)
            return trouble
        }
    }

    private func words(of error: AWSError) -> Persistence.Trouble {
        .init(queue: queue, error)
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
