import AWSCore
import Channels
import Locking
import Logging
import Operations

/// Whether queue and table do what they are asked: shows it in readiness, and says a change once in the log, with what
/// to do.
final class Conditions: Sendable {
    enum Dependency: String {
        case queue
        case table
    }

    /// What is asked of them.
    enum Use {
        case receiving, deleting, hiding, writing

        var dependency: Dependency { self == .writing ? .table : .queue }
    }

    private let readiness: Readiness
    private let logger: Logger
    private let names: [Dependency: String]
    private let failures = Guarded<[Use: AWSError.Category]>([:])

    init(queue: String, table: String, readiness: Readiness, logger: Logger) {
        names = [.queue: queue, .table: table]
        self.readiness = readiness
        self.logger = logger
    }

    /// A call failed after its retries.
    func fail(_ use: Use, _ error: AWSError) {
        if error.code == .cancelled { return }
        let dependency = use.dependency
        let trouble = trouble(dependency, error)
        // Readiness under the same lock: a success beside it must not overtake.
        let isNews = failures.withLock { failures in
            let isNews = !failures.contains { $0.key.dependency == dependency && $0.value == error.category }
            failures[use] = error.category
            readiness.fail(dependency.rawValue, because: trouble.reason)
            return isNews
        }
        guard isNews else { return }
        logger.warning(
            "\(dependency.rawValue) is not available; trying on",
            metadata: ["reason": "\(error)", "advice": "\(trouble.advice)"])
    }

    /// A call succeeded. What failed in other uses of the dependency is over with it, but for a delete that is not
    /// allowed: only a delete tells that it is.
    func meet(_ use: Use) {
        let dependency = use.dependency
        let isBack = failures.withLock { failures in
            if failures.isEmpty { return false }
            let before = failures.count
            failures = failures.filter { failed, category in
                let stays = failed == .deleting && category == .refused && use != .deleting
                return failed.dependency != dependency || stays
            }
            let isMet = !failures.contains { $0.key.dependency == dependency }
            guard isMet, failures.count < before else { return false }
            readiness.meet(dependency.rawValue)
            return true
        }
        if isBack { logger.notice("\(dependency.rawValue) is back") }
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
