/// A service that requests go to, under the names that AWS knows it by.
public struct AWSService: Sendable, Hashable {
    /// The service's id in lower case with underscores: `AWS_ENDPOINT_URL_<ID>`, and a key of a `services` section.
    public let serviceId: String
    /// The name in a signature's scope.
    public let signingName: String
    /// The first label of the host's name.
    public let endpointPrefix: String

    /// - Parameters:
    ///   - serviceId: The service's id in lower case with underscores.
    ///   - signingName: The name in a signature's scope.
    ///   - endpointPrefix: The first label of the host's name.
    public init(serviceId: String, signingName: String, endpointPrefix: String) {
        self.serviceId = serviceId
        self.signingName = signingName
        self.endpointPrefix = endpointPrefix
    }

    /// Simple Queue Service.
    public static let sqs = AWSService(serviceId: "sqs", signingName: "sqs", endpointPrefix: "sqs")
    /// DynamoDB.
    public static let dynamoDB = AWSService(
        serviceId: "dynamodb", signingName: "dynamodb", endpointPrefix: "dynamodb")
    /// Security Token Service.
    public static let sts = AWSService(serviceId: "sts", signingName: "sts", endpointPrefix: "sts")
}
