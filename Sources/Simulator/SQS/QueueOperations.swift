import AWSCore

/// CreateQueue and its kin.
extension SQSService {
    func createQueue(_ input: JSONValue, _ call: Call) throws -> Answer {
        guard let name = input["QueueName"]?.string, !name.isEmpty else {
            throw ServiceError.missingParameter("QueueName")
        }
        guard name.utf8.count <= 80, name.utf8.allSatisfy(Self.isNameCharacter) else {
            throw ServiceError.invalidParameter(
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
        }
        var settings = QueueSettings()
        var given: Set<String> = []
        if let attributes = input["Attributes"] {
            try Self.each(attributes) { name, value in
                try settings.set(name, to: value)
                given.insert(name)
            }
        }
        if let redrive = settings.redrive { try check(redrive) }
        let (queue, isNew) = add(named: name, settings: settings)
        if !isNew {
            // Attributes that are not given need not agree with those of the queue.
            let existing = Dictionary(uniqueKeysWithValues: queue.settings.attributes.map { ($0.name, $0.value) })
            for (name, value) in settings.attributes where given.contains(name) && existing[name] != value {
                throw ServiceError.sqs(
                    .queueNameExists,
                    "A queue already exists with the same name and a different value for attribute \(name)")
            }
        }
        return Self.answer(url: url(of: name, call))
    }

    func getQueueURL(_ input: JSONValue, _ call: Call) throws -> Answer {
        guard let name = input["QueueName"]?.string else { throw ServiceError.missingParameter("QueueName") }
        guard queue(named: name) != nil else { throw Self.noSuchQueue }
        return Self.answer(url: url(of: name, call))
    }

    func listQueues(_ input: JSONValue, _ call: Call) throws -> Answer {
        let prefix = input["QueueNamePrefix"]?.string ?? ""
        let found = names.filter { $0.hasPrefix(prefix) }.prefix(1000)
        guard !found.isEmpty else { return .empty }
        var json = JSONWriter()
        json.beginObject()
        json.key("QueueUrls")
        json.beginArray()
        for name in found { json.string(url(of: name, call)) }
        json.endArray()
        json.endObject()
        return Answer(json)
    }

    func getQueueAttributes(_ input: JSONValue) throws -> Answer {
        let queue = try queue(of: input)
        var names: Set<String> = []
        for element in try input.elements(named: "AttributeNames") {
            guard let name = element.string else { throw ServiceError.serialization }
            guard name == "All" || Self.knownAttributes.contains(name) else {
                throw ServiceError.sqs(.invalidAttributeName, "Unknown Attribute \(name).")
            }
            names.insert(name)
        }
        guard !names.isEmpty else { return .empty }
        let depth = queue.depth()
        let all =
            [
                ("QueueArn", queue.arn),
                ("ApproximateNumberOfMessages", "\(depth.visible)"),
                ("ApproximateNumberOfMessagesNotVisible", "\(depth.inFlight)"),
                ("ApproximateNumberOfMessagesDelayed", "\(depth.delayed)"),
                ("CreatedTimestamp", "\(queue.createdAt.seconds)"),
                ("LastModifiedTimestamp", "\(depth.modifiedAt.seconds)"),
            ] + queue.settings.attributes.map { ($0.name, $0.value) }
        var json = JSONWriter(capacity: 512)
        json.beginObject()
        json.key("Attributes")
        json.beginObject()
        for (name, value) in all where names.contains("All") || names.contains(name) {
            json.key(escaping: name)
            json.string(value)
        }
        json.endObject()
        json.endObject()
        return Answer(json)
    }

    func setQueueAttributes(_ input: JSONValue) throws -> Answer {
        let queue = try queue(of: input)
        guard let attributes = input["Attributes"] else { throw ServiceError.missingParameter("Attributes") }
        var settings = queue.settings
        try Self.each(attributes) { try settings.set($0, to: $1) }
        if let redrive = settings.redrive { try check(redrive) }
        queue.set(settings)
        return .empty
    }

    func purgeQueue(_ input: JSONValue) throws -> Answer {
        let queue = try queue(of: input)
        guard queue.purge() else {
            throw ServiceError(
                status: 403, type: "com.amazonaws.sqs#PurgeQueueInProgress",
                message: "Only one PurgeQueue operation on \(queue.name) is allowed every 60 seconds.",
                queryError: "AWS.SimpleQueueService.PurgeQueueInProgress;Sender")
        }
        return .empty
    }

    // MARK: Steps

    private func check(_ redrive: QueueSettings.RedrivePolicy) throws {
        let name = redrive.deadLetterTargetArn.split(separator: ":").last.map(String.init) ?? ""
        guard redrive.deadLetterTargetArn == "arn:aws:sqs:\(region):\(accountId):\(name)", queue(named: name) != nil
        else {
            throw ServiceError.invalidParameter(
                "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.")
        }
    }

    private static func each(_ attributes: JSONValue, _ body: (String, String) throws -> Void) throws {
        guard attributes.kind == .object else { throw ServiceError.serialization }
        for (key, value) in attributes.members {
            guard let text = value.string else { throw ServiceError.serialization }
            try body(String(decoding: key, as: UTF8.self), text)
        }
    }

    private static func answer(url: String) -> Answer {
        var json = JSONWriter()
        json.beginObject()
        json.key("QueueUrl")
        json.string(url)
        json.endObject()
        return Answer(json)
    }

    static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static let knownAttributes: Set<String> = [
        "Policy", "VisibilityTimeout", "MaximumMessageSize", "MessageRetentionPeriod", "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible", "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn",
        "ApproximateNumberOfMessagesDelayed", "DelaySeconds", "ReceiveMessageWaitTimeSeconds", "RedrivePolicy",
        "FifoQueue", "ContentBasedDeduplication", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds",
        "DeduplicationScope", "FifoThroughputLimit", "RedriveAllowPolicy", "SqsManagedSseEnabled",
    ]
}
