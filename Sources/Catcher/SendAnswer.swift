import AWSCore

/// What the queue says to one message of a call.
enum SendAnswer {
    /// It has it.
    case accepted
    /// It refuses this message, for what the message is.
    case refused(String)
    /// It refuses, and does not say whether for this message's sake or whatever is sent.
    case unclear(AWSError)
    /// It takes nothing until someone acts.
    case cutOff(AWSError)
    /// It may have it or not.
    case failed(AWSError)

    /// - Parameter result: What a call answered to the message.
    init(_ result: Result<String, BatchEntryError>) {
        switch result {
        case .success: self = .accepted
        case .failure(let entry):
            let error = AWSError(entry, operation: "SendMessageBatch")
            if entry.code.isRefusal || entry.code.isMissing || error.isAboutQueue {
                self = .cutOff(error)
            } else if !entry.senderFault {
                self = .failed(error)
            } else {
                self = error.isAboutMessage ? .refused("\(entry.code): \(entry.message)") : .unclear(error)
            }
        }
    }

    /// - Parameter error: What a call with the message failed for.
    init(_ error: AWSError) {
        switch error.category {
        case .missing, .refused: self = .cutOff(error)
        case .unreachable, .throttled: self = .failed(error)
        case .invalid where !error.isAboutRequest: self = .cutOff(error)
        case .invalid: self = error.isAboutMessage ? .refused("\(error)") : .unclear(error)
        }
    }

    var isAccepted: Bool {
        if case .accepted = self { true } else { false }
    }

    /// What is wrong with the queue, and whether one call is enough to say so.
    var trouble: (error: AWSError, isCertain: Bool)? {
        switch self {
        case .accepted, .refused: nil
        case .unclear(let error), .cutOff(let error): (error, true)
        case .failed(let error): (error, false)
        }
    }

    /// What becomes of the messages of one call. A refusal is for good only where it is about the message: it says so,
    /// or the queue has taken others of the same call. Otherwise it is the queue that refuses, and no message is lost
    /// for a key or a policy.
    static func outcomes(_ answers: [SendAnswer]) -> [SinkOutcome] {
        let isQueueThere = answers.contains { $0.isAccepted }
        return answers.map { answer in
            switch answer {
            case .accepted: .accepted
            case .refused(let reason): .refused(reason)
            case .unclear(let error): isQueueThere ? .refused("\(error)") : .cutOff("\(error)")
            case .cutOff(let error): .cutOff("\(error)")
            case .failed(let error): .failed("\(error)")
            }
        }
    }
}

extension AWSError {
    /// Whether the service answered that something is wrong with the request, but not what.
    var isAboutRequest: Bool { category == .invalid && status != nil && !isAboutQueue }

    /// Whether it says that this is no queue to send to. Source: SQS API Reference, SendMessageBatch.
    var isAboutQueue: Bool {
        ["InvalidAddress", "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"].contains(code)
    }

    /// Whether it says that a message is not of what SQS takes: its characters or its length.
    /// Source: SQS API Reference, SendMessage and SendMessageBatch.
    var isAboutMessage: Bool {
        switch code {
        case "InvalidMessageContents", "BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong": true
        case "InvalidParameterValue": message.contains("Message must be shorter")
        default: false
        }
    }
}
