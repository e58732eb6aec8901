import AWSCore
import Channels
import Locking

/// A queue of SQS, given by name or URL. A name is resolved at the first use, and again once the queue was missing.
final class SQSQueue: MessageQueue, MessageOutlet {
    private let client: SQSClient
    private let nameOrURL: String
    private let resolved: Guarded<String?>

    init(_ nameOrURL: String, client: SQSClient) {
        self.client = client
        self.nameOrURL = nameOrURL
        resolved = Guarded(nameOrURL.contains("://") ? nameOrURL : nil)
    }

    func receive(upTo limit: Int, wait: Duration) async throws(AWSError) -> [SQSMessage] {
        try await withURL { url throws(AWSError) in
            try await self.client.receiveMessage(queueURL: url, maxNumberOfMessages: limit, waitTime: wait)
        }
    }

    func delete(_ receiptHandles: [String]) async throws(AWSError) -> [BatchEntryError?] {
        try await withURL { url throws(AWSError) in
            try await self.client.deleteMessageBatch(queueURL: url, receiptHandles: receiptHandles)
        }
    }

    func hide(
        _ messages: [(receiptHandle: String, visibilityTimeout: Duration)]
    ) async throws(AWSError) -> [BatchEntryError?] {
        try await withURL { url throws(AWSError) in
            try await self.client.changeMessageVisibilityBatch(queueURL: url, entries: messages)
        }
    }

    func attributes() async throws(AWSError) -> QueueAttributes {
        try await withURL { url throws(AWSError) in
            let attributes = try await self.client.getQueueAttributes(
                queueURL: url, names: ["VisibilityTimeout", "ApproximateNumberOfMessages"])
            return QueueAttributes(
                visibilityTimeout: attributes["VisibilityTimeout"].flatMap { Int($0) }.map { .seconds($0) },
                depth: attributes["ApproximateNumberOfMessages"].flatMap { Int($0) })
        }
    }

    func send(_ bodies: [[UInt8]]) async throws(AWSError) -> [Result<String, BatchEntryError>] {
        try await withURL { url throws(AWSError) in
            try await self.client.sendMessageBatch(queueURL: url, bodies: bodies)
        }
    }

    private func withURL<Result: Sendable>(
        _ body: (String) async throws(AWSError) -> Result
    ) async throws(AWSError) -> Result {
        var url = resolved.withLock { $0 }
        if url == nil {
            url = try await client.getQueueURL(name: nameOrURL)
            resolved.withLock { $0 = url }
        }
        do throws(AWSError) {
            return try await body(url ?? nameOrURL)
        } catch {
            // A queue that was deleted and made again may have another URL.
            if error.category == .missing, !nameOrURL.contains("://") { resolved.withLock { $0 = nil } }
            throw error
        }
    }
}
