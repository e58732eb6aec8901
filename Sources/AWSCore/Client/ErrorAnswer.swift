/// Reads an error out of an answer of AWS JSON 1.0.
enum ErrorAnswer {
    /// The error that an answer with a status of 300 or more tells of.
    ///
    /// - Parameters:
    ///   - response: The answer.
    ///   - service: The service, for the error's context.
    ///   - operation: The operation, likewise.
    /// - Returns: The error.
    static func error(in response: HTTPResponse, service: AWSService, operation: String) -> AWSError {
        var type = response[header: "x-amzn-errortype"]
        var message: String?
        // A body that is not JSON (a load balancer's page) has no more to tell.
        try? JSONParser(maxDepth: 64).parse(response.body) { root in
            type = root["__type"]?.string ?? root["code"]?.string ?? root["Code"]?.string ?? type
            message = root["message"]?.string ?? root["Message"]?.string
        }
        let shape = AWSError.Code(rawValue: name(type ?? "HTTP\(response.status)"))
        // "Code;Sender": the code of SQS's older protocol, which its documentation and alarms speak of.
        let queryCode = response[header: "x-amzn-query-error"].map { error in
            AWSError.Code(rawValue: String(error.prefix { $0 != ";" }))
        }
        let code = queryCode ?? shape
        var error = AWSError(
            service: service.signingName, operation: operation, code: code, type: shape,
            message: message.map(shortened) ?? "no message", status: response.status,
            requestId: response[header: "x-amzn-requestid"] ?? response[header: "x-amz-request-id"],
            retryReason: RetryReason(status: response.status, code: code, type: shape, service: service))
        error.retryAfter = response[header: "x-amz-retry-after"].flatMap { Int($0) }.map { .milliseconds($0) }
        return error
    }

    /// The first line of a message, cut short: errors are logged, DynamoDB repeats whole requests in some, and a
    /// refused signature repeats the signed headers, the session token among them, on the lines behind.
    private static func shortened(_ message: String) -> String {
        let line = message.prefix { !$0.isNewline }
        return line.count <= maxMessageLength ? String(line) : line.prefix(maxMessageLength) + "…"
    }

    private static let maxMessageLength = 256

    /// The bare name: `ns#Name:http://…` is `Name`.
    private static func name(_ type: String) -> String {
        let withoutURI = type.prefix { $0 != ":" }
        return String(withoutURI.split(separator: "#").last ?? withoutURI)
    }
}
