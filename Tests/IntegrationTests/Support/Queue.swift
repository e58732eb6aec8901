import AWSCore

/// How many messages a queue holds.
struct QueueDepth: Equatable, CustomStringConvertible {
    var visible = 0
    var hidden = 0

    var isEmpty: Bool { visible == 0 && hidden == 0 }
    var description: String { "\(visible) visible and \(hidden) hidden messages" }
}

extension Stage {
    func queueURL(_ suffix: String = "") async throws -> String {
        try await sqs.getQueueURL(name: name + suffix)
    }

    /// How many messages the queue holds, or with `-dead` the dead-letter queue.
    func depth(_ suffix: String = "") async throws -> QueueDepth {
        let attributes = try await sqs.getQueueAttributes(
            queueURL: queueURL(suffix),
            names: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"])
        return QueueDepth(
            visible: attributes["ApproximateNumberOfMessages"].flatMap { Int($0) } ?? -1,
            hidden: attributes["ApproximateNumberOfMessagesNotVisible"].flatMap { Int($0) } ?? -1)
    }

    /// How long a received message stays hidden, from now on.
    func setVisibility(seconds: Int) async throws {
        try await sqs.setQueueAttributes(
            queueURL: queueURL(), attributes: ["VisibilityTimeout": "\(seconds)"])
    }

    /// Waits until the queue holds no message, visible or not.
    func untilQueueIsEmpty() async throws {
        try await eventually("the queue is empty") {
            let depth = try await depth()
            return depth.isEmpty ? nil : "it holds \(depth)"
        }
    }

    /// Puts messages on the queue.
    ///
    /// - Returns: Their ids.
    func send(_ bodies: [String]) async throws -> [String] {
        try await sqs.sendMessageBatch(queueURL: queueURL(), bodies: bodies.map { Array($0.utf8) })
            .map { try $0.get() }
    }
}
