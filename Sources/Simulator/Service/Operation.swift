/// An operation of AWS that the simulator answers.
enum Operation: String, CaseIterable, Sendable {
    case createQueue = "CreateQueue"
    case getQueueURL = "GetQueueUrl"
    case getQueueAttributes = "GetQueueAttributes"
    case setQueueAttributes = "SetQueueAttributes"
    case listQueues = "ListQueues"
    case purgeQueue = "PurgeQueue"
    case sendMessage = "SendMessage"
    case sendMessageBatch = "SendMessageBatch"
    case receiveMessage = "ReceiveMessage"
    case deleteMessage = "DeleteMessage"
    case deleteMessageBatch = "DeleteMessageBatch"
    case changeMessageVisibility = "ChangeMessageVisibility"
    case changeMessageVisibilityBatch = "ChangeMessageVisibilityBatch"

    case createTable = "CreateTable"
    case describeTable = "DescribeTable"
    case updateTimeToLive = "UpdateTimeToLive"
    case describeTimeToLive = "DescribeTimeToLive"
    case batchWriteItem = "BatchWriteItem"
    case putItem = "PutItem"
    case getItem = "GetItem"
    case deleteItem = "DeleteItem"
    case query = "Query"
    case scan = "Scan"

    case getCallerIdentity = "GetCallerIdentity"

    /// The service that an operation belongs to.
    enum Service: Sendable {
        case sqs
        case dynamoDB
        case sts

        /// The name in a signature's scope.
        var signingName: String {
            switch self {
            case .sqs: "sqs"
            case .dynamoDB: "dynamodb"
            case .sts: "sts"
            }
        }
    }

    var service: Service {
        switch self {
        case .createQueue, .getQueueURL, .getQueueAttributes, .setQueueAttributes, .listQueues, .purgeQueue,
            .sendMessage, .sendMessageBatch, .receiveMessage, .deleteMessage, .deleteMessageBatch,
            .changeMessageVisibility, .changeMessageVisibilityBatch:
            .sqs
        case .createTable, .describeTable, .updateTimeToLive, .describeTimeToLive, .batchWriteItem, .putItem,
            .getItem, .deleteItem, .query, .scan:
            .dynamoDB
        case .getCallerIdentity: .sts
        }
    }

    /// The operation that an `X-Amz-Target` names.
    static func named(byTarget target: String) -> Operation? { byTarget[target] }

    private static let byTarget: [String: Operation] = {
        var table: [String: Operation] = [:]
        for operation in allCases {
            switch operation.service {
            case .sqs: table["AmazonSQS.\(operation.rawValue)"] = operation
            case .dynamoDB: table["DynamoDB_20120810.\(operation.rawValue)"] = operation
            case .sts: break
            }
        }
        return table
    }()
}
