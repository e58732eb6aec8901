import AWSCore

/// A queue's attributes, as CreateQueue and SetQueueAttributes give them, with the ranges that AWS accepts.
struct QueueSettings: Sendable, Hashable {
    var visibilityTimeout: Duration = .seconds(30)
    var retention: Duration = .seconds(345_600)
    var waitTime: Duration = .zero
    var delay: Duration = .zero
    /// 1 MiB, the default since August 2025.
    var maximumMessageSize = 1_048_576
    var redrive: RedrivePolicy?
    /// The redrive policy's text as it was given.
    var redriveText: String?
    /// Attributes that are kept and shown and change nothing here.
    var others: [String: String] = [:]

    /// Where messages go that were received too often.
    struct RedrivePolicy: Sendable, Hashable {
        var deadLetterTargetArn: String
        var maxReceiveCount: Int
    }

    /// Sets one attribute.
    ///
    /// - Throws: `ServiceError` where AWS refuses the name or the value.
    mutating func set(_ name: String, to value: String) throws {
        switch name {
        case "VisibilityTimeout": visibilityTimeout = .seconds(try Self.number(name, value, 0...43_200))
        case "MessageRetentionPeriod": retention = .seconds(try Self.number(name, value, 60...1_209_600))
        case "ReceiveMessageWaitTimeSeconds": waitTime = .seconds(try Self.number(name, value, 0...20))
        case "DelaySeconds": delay = .seconds(try Self.number(name, value, 0...900))
        case "MaximumMessageSize": maximumMessageSize = try Self.number(name, value, 1024...1_048_576)
        case "RedrivePolicy":
            redrive = value.isEmpty ? nil : try Self.redrivePolicy(value)
            redriveText = value.isEmpty ? nil : value
        case "Policy", "RedriveAllowPolicy", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled":
            others[name] = value.isEmpty ? nil : value
        case "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit":
            throw ServiceError.sqs(.invalidAttributeName, "Unknown Attribute \(name).")
        default: throw ServiceError.sqs(.invalidAttributeName, "Unknown Attribute \(name).")
        }
    }

    private static func number(_ name: String, _ value: String, _ range: ClosedRange<Int>) throws -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw ServiceError.sqs(.invalidAttributeValue, "Invalid value for the parameter \(name).")
        }
        return number
    }

    private static func redrivePolicy(_ text: String) throws -> RedrivePolicy {
        // A parser of its own: the shared one is in the middle of the request that carries this text.
        let policy = try? JSONParser().parse(Array(text.utf8)) { root -> RedrivePolicy? in
            guard let target = root["deadLetterTargetArn"]?.string, let count = root["maxReceiveCount"] else {
                return nil
            }
            guard let times = count.integer ?? count.string.flatMap({ Int64($0) }), (1...1000).contains(times) else {
                return nil
            }
            return RedrivePolicy(deadLetterTargetArn: target, maxReceiveCount: Int(times))
        }
        guard let policy = policy ?? nil else {
            throw ServiceError.invalidParameter(
                "Value \(text) for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount or "
                    + "deadLetterTargetArn.")
        }
        return policy
    }

    /// The attributes by name, those that depend on what the queue holds left out.
    var attributes: [(name: String, value: String)] {
        var all: [(String, String)] = [
            ("VisibilityTimeout", "\(visibilityTimeout.components.seconds)"),
            ("MessageRetentionPeriod", "\(retention.components.seconds)"),
            ("ReceiveMessageWaitTimeSeconds", "\(waitTime.components.seconds)"),
            ("DelaySeconds", "\(delay.components.seconds)"),
            ("MaximumMessageSize", "\(maximumMessageSize)"),
        ]
        if let redriveText { all.append(("RedrivePolicy", redriveText)) }
        if others["SqsManagedSseEnabled"] == nil && others["KmsMasterKeyId"] == nil {
            all.append(("SqsManagedSseEnabled", "true"))
        }
        for (name, value) in others.sorted(by: { $0.key < $1.key }) { all.append((name, value)) }
        return all
    }
}
