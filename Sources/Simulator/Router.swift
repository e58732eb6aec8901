import AWSCore
import NIOCore
import NIOHTTP1

/// Finds what a request asks, and lets the service work it.
struct Router {
    private let world: World
    private let verifier: SignatureVerifier

    init(_ world: World) {
        self.world = world
        verifier = world.verifier
    }

    /// The operation that a request names; `nil`: none that the simulator has.
    func operation(of request: Request) -> Operation? {
        guard request.head.method == .POST else { return nil }
        if let target = request.head.headers.first(name: "x-amz-target") {
            return Operation.named(byTarget: target)
        }
        let isCallerIdentity = request.body.withUnsafeReadableBytes { body in
            String(decoding: body.prefix(1024), as: UTF8.self).split(separator: "&")
                .contains("Action=GetCallerIdentity")
        }
        return isCallerIdentity ? .getCallerIdentity : nil
    }

    /// Works a request, or answers as the plan says in the place of the work.
    func work(_ request: Request, _ call: Call) -> Outcome {
        do {
            if request.isTooLarge {
                throw ServiceError(
                    status: 413, type: "com.amazon.coral.service#RequestEntityTooLargeException",
                    message: "The request is too large.", queryError: "RequestEntityTooLarge;Sender")
            }
            try verify(request, call)
            if let refusal = call.plan.refusal { return .answer(answer(refusal, call)) }
            switch call.operation.service {
            case .sts: return .answer(callerIdentity(request))
            case .sqs:
                return try parse(request, call) { input, _ in try world.sqs.work(input, call) }
            case .dynamoDB:
                return try parse(request, call) { input, bytes in
                    var answer = try world.dynamoDB.work(input, bytes, call)
                    answer.hasCRC32 = true
                    return .answer(answer)
                }
            }
        } catch let error as ServiceError {
            return .answer(Answer(error, for: call.operation.service))
        } catch {
            return .answer(Answer(.serialization, for: call.operation.service))
        }
    }

    private func verify(_ request: Request, _ call: Call) throws {
        let now = call.now + (call.plan.skew ?? .zero)
        do throws(SignatureRefusal) {
            if world.options.verifiesSignatures {
                try verifier.verify(request, service: call.operation.service, at: now)
            } else if call.plan.skew != nil {
                try verifier.verifyDate(of: request, at: now)
            }
        } catch {
            throw error.error(for: call.operation.service)
        }
    }

    private func parse(
        _ request: Request, _ call: Call, _ body: (JSONValue, UnsafeRawBufferPointer) throws -> Outcome
    ) throws -> Outcome {
        let isPadded = request.body.writableBytes >= JSONParser.padding
        return try request.body.withUnsafeReadableBytes { bytes in
            try call.loop.parser.parse(bytes, padded: isPadded) { try body($0, bytes) }
        }
    }

    private func answer(_ refusal: FaultPlan.Refusal, _ call: Call) -> Answer {
        let isSQS = call.operation.service == .sqs
        var retryAfter: Duration?
        let error: ServiceError
        switch refusal {
        case .error(let status, let code, let pause):
            retryAfter = pause
            let prefix = isSQS ? "com.amazonaws.sqs#" : "com.amazonaws.dynamodb.v20120810#"
            error = ServiceError(
                status: status, type: prefix + code, message: "The simulator was told to answer so.",
                queryError: isSQS ? "\(code);\(status < 500 ? "Sender" : "Receiver")" : nil)
        case .throttled:
            error =
                isSQS
                ? .sqs(.requestThrottled, "The request was denied due to request throttling.")
                : .dynamoDB(
                    "ProvisionedThroughputExceededException",
                    "The level of configured provisioned throughput for the table was exceeded. Consider increasing "
                        + "your provisioning level with the UpdateTable API.")
        case .expired:
            error = ServiceError(
                type: "com.amazon.coral.service#ExpiredTokenException",
                message: "The security token included in the request is expired",
                queryError: isSQS ? "ExpiredToken;Sender" : nil)
        case .missing: error = isSQS ? SQSService.noSuchQueue : DynamoDBService.noSuchTable
        }
        var answer = Answer(error, for: call.operation.service)
        if let retryAfter { answer.headers.append(("x-amz-retry-after", "\(Int(retryAfter / .milliseconds(1)))")) }
        return answer
    }

    private func callerIdentity(_ request: Request) -> Answer {
        let account = world.options.accountId
        var answer = Answer(
            Array(
                """
                <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\
                <GetCallerIdentityResult><Arn>arn:aws:iam::\(account):root</Arn>\
                <UserId>\(account)</UserId><Account>\(account)</Account></GetCallerIdentityResult>\
                <ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>\
                </GetCallerIdentityResponse>
                """.utf8))
        answer.contentType = "text/xml"
        return answer
    }
}
