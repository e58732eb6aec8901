import AWSCore

/// What the simulator answers to one request.
struct Answer: Sendable {
    var status = 200
    var contentType: StaticString = "application/x-amz-json-1.0"
    var headers: [(name: String, value: String)] = []
    var body: [UInt8]
    /// Whether `x-amz-crc32` is sent, as DynamoDB does.
    var hasCRC32 = false

    init(_ body: [UInt8]) {
        self.body = body
    }

    init(_ writer: JSONWriter) {
        body = writer.bytes
    }

    /// `{}`
    static let empty = Answer([UInt8(ascii: "{"), UInt8(ascii: "}")])

    /// An error in the shape of a service.
    init(_ error: ServiceError, for service: Operation.Service) {
        switch service {
        case .sts: body = Self.xml(error)
        case .sqs, .dynamoDB: body = Self.json(error)
        }
        status = error.status
        if service == .sts { contentType = "text/xml" }
        hasCRC32 = service == .dynamoDB
        if service == .sqs, let queryError = error.queryError {
            headers.append(("x-amzn-query-error", queryError))
        }
    }

    private static func json(_ error: ServiceError) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("__type")
        json.string(error.type)
        json.key("message")
        json.string(error.message)
        json.endObject()
        return json.bytes
    }

    private static func xml(_ error: ServiceError) -> [UInt8] {
        let code = error.queryError?.split(separator: ";").first.map(String.init) ?? error.code
        return Array(
            """
            <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>\
            <Code>\(code)</Code><Message>\(error.message)</Message></Error>\
            <RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>
            """.utf8)
    }
}

/// What one operation leads to: an answer, or a long poll that answers later.
enum Outcome {
    case answer(Answer)
    case wait(PendingReceive)
}
