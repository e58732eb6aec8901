/// An error as AWS answers it: a status, a shape's name and a sentence, and for SQS the code that its older, XML
/// protocol has (`x-amzn-query-error`).
struct ServiceError: Error, Sendable {
    var status = 400
    /// The shape with its namespace, such as `com.amazonaws.sqs#QueueDoesNotExist`.
    let type: String
    let message: String
    /// `Code;Sender` or `Code;Receiver`; only SQS has it.
    var queryError: String?

    /// The shape without its namespace.
    var code: String {
        type.split(separator: "#").last.map(String.init) ?? type
    }
}

extension ServiceError {
    /// A modelled error of SQS.
    static func sqs(_ code: SQSErrorCode, _ message: String) -> ServiceError {
        ServiceError(
            type: "com.amazonaws.sqs#\(code.rawValue)", message: message, queryError: "\(code.queryCode);Sender")
    }

    /// An error that SQS has but does not model, such as `InvalidParameterValue`.
    static func sqsUnmodelled(_ queryCode: String, _ message: String) -> ServiceError {
        ServiceError(
            type: "com.amazon.coral.service#\(queryCode)Exception", message: message, queryError: "\(queryCode);Sender")
    }

    static func invalidParameter(_ message: String) -> ServiceError {
        sqsUnmodelled("InvalidParameterValue", message)
    }

    static func missingParameter(_ name: String) -> ServiceError {
        sqsUnmodelled("MissingParameter", "The request must contain the parameter \(name).")
    }

    /// An error of DynamoDB's model.
    static func dynamoDB(_ code: String, _ message: String) -> ServiceError {
        ServiceError(type: "com.amazonaws.dynamodb.v20120810#\(code)", message: message)
    }

    static func validation(_ message: String) -> ServiceError {
        ServiceError(type: "com.amazon.coral.validate#ValidationException", message: message)
    }

    /// Input that is not the JSON of the operation.
    static let serialization = ServiceError(
        type: "com.amazon.coral.service#SerializationException",
        message: "Start of structure or map found where not expected.",
        queryError: "SerializationException;Sender")

    static let unknownOperation = ServiceError(
        type: "com.amazon.coral.service#UnknownOperationException", message: "The operation is not known.",
        queryError: "UnknownOperationException;Sender")
}

/// The errors of SQS's model that the simulator answers with.
enum SQSErrorCode: String, Sendable {
    case batchEntryIdsNotDistinct = "BatchEntryIdsNotDistinct"
    case batchRequestTooLong = "BatchRequestTooLong"
    case emptyBatchRequest = "EmptyBatchRequest"
    case invalidAttributeName = "InvalidAttributeName"
    case invalidAttributeValue = "InvalidAttributeValue"
    case invalidBatchEntryId = "InvalidBatchEntryId"
    case invalidMessageContents = "InvalidMessageContents"
    case messageNotInflight = "MessageNotInflight"
    case overLimit = "OverLimit"
    case queueDoesNotExist = "QueueDoesNotExist"
    case queueNameExists = "QueueNameExists"
    case receiptHandleIsInvalid = "ReceiptHandleIsInvalid"
    case requestThrottled = "RequestThrottled"
    case tooManyEntriesInBatchRequest = "TooManyEntriesInBatchRequest"
    case unsupportedOperation = "UnsupportedOperation"

    /// The code of the XML protocol, which clients in query mode show instead.
    var queryCode: String {
        switch self {
        case .queueDoesNotExist: "AWS.SimpleQueueService.NonExistentQueue"
        case .queueNameExists: "QueueAlreadyExists"
        case .invalidAttributeName, .invalidAttributeValue, .invalidMessageContents, .overLimit,
            .receiptHandleIsInvalid, .requestThrottled:
            rawValue
        default: "AWS.SimpleQueueService.\(rawValue)"
        }
    }
}
