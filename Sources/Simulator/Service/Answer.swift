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

    init(_ error: ServiceError) {
        var json = JSONWriter()
        json.beginObject()
        json.key("__type")
        json.string(error.type)
        json.key(error.messageKey)
        json.string(error.message)
        json.endObject()
        body = json.bytes
        status = error.status
        if let queryError = error.queryError {
            headers.append(("x-amzn-query-error", queryError))
        }
    }
}

/// What one operation leads to: an answer, or a long poll that answers later.
enum Outcome {
    case answer(Answer)
    case wait(PendingReceive)
}
