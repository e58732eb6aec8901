/// Amazon SQS: the operations that a pipeline needs, each in a file of its own.
///
/// Bodies are bytes from end to end: nothing is decoded into strings on the way.
public final class SQSClient: Sendable {
    let client: AWSClient

    /// - Parameter client: A client of ``AWSService/sqs``.
    public init(_ client: AWSClient) {
        precondition(client.service == .sqs, "a client of SQS is needed")
        self.client = client
    }

    /// Calls an operation and reads its answer.
    func call<Output>(
        _ operation: String, capacity: Int = 512, wait: Duration = .zero, input: (inout JSONWriter) -> Void,
        output: (JSONValue) throws(ResponseMismatch) -> Output
    ) async throws(AWSError) -> Output {
        var writer = JSONWriter(capacity: capacity)
        writer.beginObject()
        input(&writer)
        writer.endObject()
        let response = try await client.call(operation, body: writer.bytes, wait: wait)
        return try client.read(response, of: operation, output)
    }
}

/// The most entries of a batch, and the most messages of a receive.
/// Source: Amazon SQS Developer Guide, "Amazon SQS message quotas".
public let sqsMaxBatchEntries = 10

/// The most bytes of a message, and of all messages of a batch together.
/// Source: Amazon SQS Developer Guide, "Amazon SQS message quotas".
public let sqsMaxBatchSize: ByteCount = .mebibytes(1)

/// Why one entry of a batch failed while others may not have.
public struct BatchEntryError: Error, Sendable, Hashable {
    /// The code.
    public let code: AWSError.Code
    /// AWS's words.
    public let message: String
    /// Whether the entry itself is wrong, so that sending it again will not help.
    public let senderFault: Bool

    /// - Parameters:
    ///   - code: The code.
    ///   - message: AWS's words.
    ///   - senderFault: Whether the entry itself is wrong.
    public init(code: AWSError.Code, message: String, senderFault: Bool) {
        self.code = code
        self.message = message
        self.senderFault = senderFault
    }

    /// What stands for an entry that the answer did not mention.
    static let unmentioned = BatchEntryError(
        code: .badResponse, message: "the answer does not mention this entry", senderFault: false)

    init(_ failed: JSONValue) {
        self.init(
            code: AWSError.Code(rawValue: failed["Code"]?.string ?? "Unknown"),
            message: failed["Message"]?.string ?? "no message", senderFault: failed["SenderFault"]?.bool ?? false)
    }
}

extension AWSError {
    /// An entry's failure as that of a call, so that both are judged alike.
    ///
    /// - Parameters:
    ///   - entry: The entry's failure.
    ///   - operation: The operation, such as `SendMessageBatch`.
    public init(_ entry: BatchEntryError, operation: String) {
        self.init(
            service: "sqs", operation: operation, code: entry.code, message: entry.message,
            status: entry.senderFault ? 400 : nil)
    }
}

extension JSONValue {
    /// The position that a batch's entry has as its id.
    var batchPosition: Int? {
        self["Id"]?.string.flatMap { Int($0) }
    }

    /// The failures of a batch's answer by position; an entry that is neither among the successes nor the failures
    /// counts as failed.
    func batchFailures(count: Int) -> [BatchEntryError?] {
        var outcome = [BatchEntryError?](repeating: .unmentioned, count: count)
        for entry in self["Successful"]?.elements ?? JSONValue.none {
            if let position = entry.batchPosition, outcome.indices.contains(position) { outcome[position] = nil }
        }
        for entry in self["Failed"]?.elements ?? JSONValue.none {
            if let position = entry.batchPosition, outcome.indices.contains(position) {
                outcome[position] = BatchEntryError(entry)
            }
        }
        return outcome
    }
}
