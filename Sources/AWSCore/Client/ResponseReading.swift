extension AWSClient {
    /// Reads a successful answer.
    ///
    /// - Parameters:
    ///   - response: The answer; an empty body counts as `{}`.
    ///   - operation: The operation, for the error's context.
    ///   - read: Reads the root, an object.
    /// - Returns: What `read` returns.
    /// - Throws: ``AWSError`` with ``AWSError/Code/badResponse`` where the body is not what the operation answers.
    func read<Output>(
        _ response: HTTPResponse, of operation: String, _ read: (JSONValue) throws(ResponseMismatch) -> Output
    ) throws(AWSError) -> Output {
        do {
            // A parser for each answer: its buffers are sized by the answer, and an answer is worth many beacons.
            return try JSONParser().parse(response.body.isEmpty ? Self.emptyObject : response.body) { root in
                guard root.kind == .object else { throw ResponseMismatch("no object") }
                return try read(root)
            }
        } catch {
            let reason = (error as? ResponseMismatch)?.message ?? (error as? JSONError)?.rawValue ?? "\(error)"
            throw AWSError(
                service: service.signingName, operation: operation, code: .badResponse,
                message: "the answer cannot be read: \(reason)", status: response.status,
                requestId: response[header: "x-amzn-requestid"])
        }
    }

    private static let emptyObject = Array("{}".utf8)
}

extension JSONValue {
    /// No elements, for a member that is absent.
    static var none: Elements { Elements() }
    /// No members, for a member that is absent.
    static var noMembers: Members { Members() }
}
