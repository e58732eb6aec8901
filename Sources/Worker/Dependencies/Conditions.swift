import Locking
import AWSCore
import Channels
import Logging
import Operations

/// Whether queue and table do what they are asked: shows it in readiness, and says a change once in the log, with what
/// to do.
final class Conditions: Sendable {
    enum Dependency: String {
        case queue
        case table
    }

    private let readiness: Readiness
    private let logger: Logger
    private let names: [Dependency: String]
    private let failures = Guarded<[Dependency: AWSError.Category]>([:])

    init(queue: String, table: String, readiness: Readiness, logger: Logger) {
        names = [.queue: queue, .table: table]
        self.readiness = readiness
        self.logger = logger
    }

    /// A call failed after its retries.
    func fail(_ dependency: Dependency, _ error: AWSError) {
        let isNews = failures.withLock { failures in
            defer { failures[dependency] = error.category }
            return failures[dependency] != error.category
        }
        let trouble = trouble(dependency, error)
        readiness.fail(dependency.rawValue, because: trouble.reason)
        guard isNews else { return }
        logger.warning(
            "\(dependency.rawValue) is not available; trying on",
            metadata: ["reason": "\(error)", "advice": "\(trouble.advice)"])
    }

    /// A call succeeded.
    func meet(_ dependency: Dependency) {
        let wasFailing = failures.withLock { $0.removeValue(forKey: dependency) != nil }
        guard wasFailing else { return }
        readiness.meet(dependency.rawValue)
        logger.notice("\(dependency.rawValue) is back")
    }

    /// What an error means for a person.
    func trouble(_ dependency: Dependency, _ error: any Error) -> Persistence.Trouble {
        let subject = "\(dependency.rawValue) \(names[dependency] ?? "")"
        guard let error = error as? AWSError else {
            return .init(reason: "\(subject): \(error)", advice: "see the reason")
        }
        let permissions =
            dependency == .queue
            ? "sqs:GetQueueUrl, GetQueueAttributes, ReceiveMessage, DeleteMessage, ChangeMessageVisibility"
            : "dynamodb:BatchWriteItem, DescribeTable"
        switch error.category {
        case .missing:
            return .init(reason: "\(subject) does not exist", advice: "create it with `worker setup`")
        case .refused where error.code == .noCredentials:
            return .init(reason: error.message, advice: "provide AWS credentials")
        case .refused:
            return .init(reason: "\(subject): \(error.code)", advice: "check the credentials and allow \(permissions)")
        case .throttled:
            return .init(reason: "\(subject) is throttled", advice: "raise its limits, or wait")
        case .invalid:
            return .init(reason: "\(subject) refuses: \(error.code): \(error.message)", advice: "check its settings")
        case .unreachable:
            return .init(
                reason: "\(subject) is unreachable: \(error.message)", advice: "check endpoint, region and network")
        }
    }
}
