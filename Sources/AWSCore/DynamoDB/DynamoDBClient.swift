internal import CZlib

/// Amazon DynamoDB: the operations that a pipeline needs, each in a file of its own.
public final class DynamoDBClient: Sendable {
    let client: AWSClient

    /// - Parameter client: A client of ``AWSService/dynamoDB``.
    public init(_ client: AWSClient) {
        precondition(client.service == .dynamoDB, "a client of DynamoDB is needed")
        self.client = client
    }

    /// Calls an operation and reads its answer, whose CRC-32 is compared first.
    func call<Output>(
        _ operation: String, capacity: Int = 512, input: (inout JSONWriter) -> Void,
        output: (JSONValue) throws(ResponseMismatch) -> Output
    ) async throws(AWSError) -> Output {
        var writer = JSONWriter(capacity: capacity)
        writer.beginObject()
        input(&writer)
        writer.endObject()
        let response = try await client.call(operation, body: writer.bytes, check: Self.checkSum)
        return try client.read(response, of: operation, output)
    }

    /// Compares `x-amz-crc32`, which covers the body as sent.
    @Sendable private static func checkSum(of response: HTTPResponse) throws(ResponseMismatch) {
        guard let header = response[header: "x-amz-crc32"], let expected = UInt(header) else { return }
        let sum = response.body.withUnsafeBytes { body in
            crc32(0, body.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(body.count))
        }
        guard sum == expected else {
            throw ResponseMismatch("the body's CRC-32 is \(sum), x-amz-crc32 says \(expected)")
        }
    }
}

/// The most puts of a BatchWriteItem. Source: Amazon DynamoDB API Reference, "BatchWriteItem".
public let dynamoDBMaxBatchPuts = 25

/// The most bytes of a BatchWriteItem. Source: Amazon DynamoDB API Reference, "BatchWriteItem".
public let dynamoDBMaxBatchSize: ByteCount = .mebibytes(16)
