/// How a table's items expire.
public struct TimeToLiveDescription: Sendable, Hashable {
    /// `ENABLING`, `ENABLED`, `DISABLING` or `DISABLED`.
    public let status: String
    /// The attribute that holds an item's end, in seconds since 1970.
    public let attributeName: String?

    /// Whether items expire, or will once DynamoDB has turned it on, which takes up to an hour.
    public var isOn: Bool { status == "ENABLED" || status == "ENABLING" }
}

extension DynamoDBClient {
    /// Turns expiry on or off.
    ///
    /// - Parameters:
    ///   - table: The table's name.
    ///   - attributeName: The attribute that holds an item's end, in seconds since 1970.
    ///   - isEnabled: Whether items expire.
    /// - Throws: ``AWSError``; its code is `ValidationException` where it is so already.
    public func updateTimeToLive(
        table: String, attributeName: String, isEnabled: Bool = true
    ) async throws(AWSError) {
        try await call("UpdateTimeToLive") { writer in
            writer.key("TableName")
            writer.string(table)
            writer.key("TimeToLiveSpecification")
            writer.beginObject()
            writer.key("Enabled")
            writer.bool(isEnabled)
            writer.key("AttributeName")
            writer.string(attributeName)
            writer.endObject()
        } output: { _ throws(ResponseMismatch) in
        }
    }

    /// How a table's items expire.
    ///
    /// - Parameter table: The table's name.
    /// - Returns: The description.
    /// - Throws: ``AWSError``.
    public func describeTimeToLive(table: String) async throws(AWSError) -> TimeToLiveDescription {
        try await call("DescribeTimeToLive") { writer in
            writer.key("TableName")
            writer.string(table)
        } output: { root throws(ResponseMismatch) in
            let description = root["TimeToLiveDescription"]
            return TimeToLiveDescription(
                status: description?["TimeToLiveStatus"]?.string ?? "DISABLED",
                attributeName: description?["AttributeName"]?.string)
        }
    }
}
