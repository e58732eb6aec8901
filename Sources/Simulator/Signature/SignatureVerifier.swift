import AWSCore
import NIOCore
import NIOHTTP1

/// Checks Signature Version 4 as AWS does: by signing the same request again, over the headers that it says it signed.
struct SignatureVerifier: Sendable {
    private let credentials: [String: Credentials]
    private let region: String
    private let keys = SigningKeyCache()

    /// How far a request's time may be from the server's (IAM user guide, "Signature Version 4 for API requests").
    static let tolerance = Duration.seconds(300)

    init(_ options: SimulatorOptions) {
        region = options.region
        credentials = Dictionary(
            options.keyPairs.map { pair in
                (
                    pair.accessKeyId,
                    Credentials(
                        accessKeyId: pair.accessKeyId, secretAccessKey: pair.secretAccessKey,
                        sessionToken: pair.sessionToken)
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Checks a request.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - service: The service that it is for.
    ///   - now: The server's time.
    /// - Throws: `SignatureRefusal`
    func verify(
        _ request: Request, service: Operation.Service, at now: Timestamp
    ) throws(SignatureRefusal) {
        let headers = request.head.headers
        guard let text = headers.first(name: "authorization") else { throw .missing }
        guard let authorization = Authorization(text), let dateText = headers.first(name: "x-amz-date"),
            let date = Timestamp(signingDate: dateText)
        else { throw .incomplete }
        guard let known = credentials[authorization.accessKeyId],
            known.sessionToken == headers.first(name: "x-amz-security-token")
        else { throw .unknownKey }
        guard authorization.scope == "\(dateText.prefix(8))/\(region)/\(service.signingName)/aws4_request" else {
            throw .wrongScope(
                "Credential should be scoped to a valid region and service: '\(region)', '\(service.signingName)'.")
        }
        var signed: [HTTPHeader] = []
        signed.reserveCapacity(headers.count)
        for (name, value) in headers {
            let name = name.lowercased()
            if authorization.signedHeaders.contains(name) {
                signed.append(HTTPHeader(name, value))
            } else if name == "host" || name.hasPrefix("x-amz-") {
                throw .incomplete
            }
        }
        try Self.check(date, dateText, at: now)
        guard signature(of: request, signed, authorization, known, service, date) == authorization.signature else {
            throw .mismatch
        }
    }

    /// Checks a request's time alone.
    func verifyDate(of request: Request, at now: Timestamp) throws(SignatureRefusal) {
        guard let text = request.head.headers.first(name: "x-amz-date"), let date = Timestamp(signingDate: text) else {
            return
        }
        try Self.check(date, text, at: now)
    }

    private static func check(
        _ date: Timestamp, _ text: String, at now: Timestamp
    ) throws(SignatureRefusal) {
        if now - date > tolerance {
            throw .wrongTime("Signature expired: \(text) is now earlier than the server's time less 5 min.")
        }
        if date - now > tolerance {
            throw .wrongTime("Signature not yet current: \(text) is still later than the server's time and 5 min.")
        }
    }

    /// The signature that the request should have.
    private func signature(
        of request: Request, _ headers: [HTTPHeader], _ authorization: Authorization, _ credentials: Credentials,
        _ service: Operation.Service, _ date: Timestamp
    ) -> String? {
        var options = Signer.Options()
        options.signedHeaders = .all
        options.sendsPayloadHash = authorization.signedHeaders.contains("x-amz-content-sha256")
        let host = request.head.headers.first(name: "host") ?? ""
        var copy = HTTPRequest(
            method: request.head.method.rawValue, url: "http://\(host)\(request.head.uri)",
            headers: headers,
            body: Array(request.body.readableBytesView))
        Signer(service: service.signingName, region: region, options: options, keys: keys)
            .sign(&copy, credentials: credentials, at: date)
        return copy.headers.last.flatMap { Authorization($0.value) }?.signature
    }
}

/// Why a signature was refused.
enum SignatureRefusal: Error, Sendable {
    case missing
    case incomplete
    case unknownKey
    case wrongScope(String)
    case wrongTime(String)
    case mismatch

    /// The error as a service answers it.
    func error(for service: Operation.Service) -> ServiceError {
        let (code, queryCode, message) =
            switch self {
            case .missing:
                ("MissingAuthenticationToken", "MissingAuthenticationToken", "Request is missing Authentication Token")
            case .incomplete:
                (
                    "IncompleteSignature", "IncompleteSignature",
                    "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, a "
                        + "'X-Amz-Date' header, and that host and every x-amz header are signed."
                )
            case .unknownKey:
                (
                    "UnrecognizedClient", "InvalidClientTokenId",
                    "The security token included in the request is invalid."
                )
            case .wrongScope(let message), .wrongTime(let message):
                ("InvalidSignature", "SignatureDoesNotMatch", message)
            case .mismatch:
                (
                    "InvalidSignature", "SignatureDoesNotMatch",
                    "The request signature we calculated does not match the signature you provided. Check your AWS "
                        + "Secret Access Key and signing method. Consult the service documentation for details."
                )
            }
        return ServiceError(
            status: service == .dynamoDB ? 400 : 403, type: "com.amazon.coral.service#\(code)Exception",
            message: message, queryError: service == .dynamoDB ? nil : "\(queryCode);Sender")
    }
}
