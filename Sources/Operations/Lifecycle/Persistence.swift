public import Logging

/// Reaches for a dependency until it answers: says once in the log what is wrong and what to do, shows it in
/// readiness, and goes on trying.
public struct Persistence: Sendable {
    /// What is wrong with a dependency and what a person can do about it.
    public struct Trouble: Sendable, Hashable {
        /// What is wrong; shown in readiness.
        public let reason: String
        /// What to do; said in the log.
        public let advice: String

        /// - Parameters:
        ///   - reason: What is wrong.
        ///   - advice: What to do.
        public init(reason: String, advice: String) {
            self.reason = reason
            self.advice = advice
        }
    }

    private let readiness: Readiness
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let pauses: ClosedRange<Duration>

    /// - Parameters:
    ///   - readiness: Where a dependency's state shows, under its name.
    ///   - logger: Hears of each trouble once, and of its end.
    ///   - clock: Measures the pauses between tries.
    ///   - pauses: The first pause and the longest; each is twice the one before.
    public init(
        readiness: Readiness, logger: Logger, clock: any Clock<Duration> = ContinuousClock(),
        pauses: ClosedRange<Duration> = .milliseconds(250)...(.seconds(5))
    ) {
        self.readiness = readiness
        self.logger = logger
        self.clock = clock
        self.pauses = pauses
    }

    /// Tries until it succeeds.
    ///
    /// - Parameters:
    ///   - dependency: The dependency's name in readiness and log, such as `queue`.
    ///   - attempt: One try.
    ///   - explain: What an error of the try means.
    /// - Returns: What the successful try gave.
    /// - Throws: `CancellationError` where the task is cancelled first.
    public func reach<Value: Sendable>(
        _ dependency: String, attempt: @Sendable () async throws -> Value, explain: @Sendable (any Error) -> Trouble
    ) async throws(CancellationError) -> Value {
        var said: Trouble?
        var pause = pauses.lowerBound
        while true {
            let trouble: Trouble
            do {
                let value = try await attempt()
                readiness.meet(dependency)
                if said != nil { logger.notice("\(dependency) is available now") }
                return value
            } catch {
                trouble = explain(error)
            }
            if Task.isCancelled { throw CancellationError() }
            readiness.fail(dependency, because: trouble.reason)
            if said != trouble {
                logger.warning(
                    "\(dependency) is not available; trying on",
                    metadata: ["reason": "\(trouble.reason)", "advice": "\(trouble.advice)"])
                said = trouble
            }
            do {
                try await clock.sleep(for: pause)
            } catch {
                throw CancellationError()
            }
            pause = min(pause * 2, pauses.upperBound)
        }
    }
}
