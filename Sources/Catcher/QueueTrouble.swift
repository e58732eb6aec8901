import AWSCore
import Operations

extension Persistence.Trouble {
    /// What an error of the queue means.
    ///
    /// - Parameters:
    ///   - queue: The queue's name or URL.
    ///   - error: The error.
    init(queue: String, _ error: AWSError) {
        switch error.category {
        case .missing:
            self.init(reason: "queue \(queue) does not exist", advice: "create it with `worker setup`")
        case .refused where error.code == .noCredentials:
            self.init(reason: "no credentials: \(error.message)", advice: "provide AWS credentials")
        case .refused where error.code.rawValue.lowercased().hasPrefix("kms"):
            self.init(
                reason: "queue \(queue): \(error.code): \(error.message)",
                advice: "check the queue's KMS key: it must be enabled, and its policy must allow its use")
        case .refused:
            self.init(
                reason: "queue \(queue): \(error.code)",
                advice: "check the credentials and allow sqs:GetQueueUrl, GetQueueAttributes and SendMessage")
        case .throttled:
            self.init(reason: "queue \(queue) is throttled", advice: "raise its limits, or wait")
        case .invalid:
            self.init(
                reason: "queue \(queue) refuses: \(error.code): \(error.message)", advice: "check its settings")
        case .unreachable:
            self.init(
                reason: "queue \(queue) is unreachable: \(error.message)",
                advice: "check endpoint, region and network")
        }
    }
}
