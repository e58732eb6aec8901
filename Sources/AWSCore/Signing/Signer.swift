/// Signs requests with AWS Signature Version 4.
///
/// Pure: what comes out depends on the request, the credentials and the date alone. Safe to share between tasks.
public struct Signer: Sendable {
    /// The service's signing name, such as `sqs`.
    public let service: String
    /// The region, such as `eu-central-1`.
    public let region: String
    private let options: Options
    private let keys: SigningKeyCache
    private let scope: [UInt8]

    /// - Parameters:
    ///   - service: The service's signing name, such as `sqs`.
    ///   - region: The region, such as `eu-central-1`.
    ///   - options: How the service wants requests signed.
    ///   - keys: Keeps derived keys; may be shared by signers of several services.
    public init(
        service: String, region: String, options: Options = Options(), keys: SigningKeyCache = SigningKeyCache()
    ) {
        self.service = service
        self.region = region
        self.options = options
        self.keys = keys
        scope = Array("/\(region)/\(service)/aws4_request".utf8)
    }

    /// Signs a request.
    ///
    /// Adds `Host` (if absent), `X-Amz-Security-Token` (if the credentials hold one), `X-Amz-Date`,
    /// `X-Amz-Content-SHA256` (if ``Options/sendsPayloadHash``) and `Authorization`; replaces them if present, so that
    /// a retry is signed anew. The request must be sent as it is then: the signature covers the method, the URL, the
    /// signed header fields and the body.
    ///
    /// - Parameters:
    ///   - request: The request to sign.
    ///   - credentials: What signs it.
    ///   - date: The time to sign at; AWS accepts 5 minutes on either side (15 for some services).
    public func sign(_ request: inout HTTPRequest, credentials: Credentials, at date: Timestamp) {
        let date = SigningDate(date)
        let canonical = canonicalize(&request, credentials: credentials, date: date)
        let authorization = authorization(
            for: stringToSign(canonical, date: date), signedHeaders: canonical.signedHeaderNames,
            credentials: credentials, date: date)
        request.headers.append(HTTPHeader("Authorization", authorization))
    }

    /// Adds what the signature covers, and gives the form to be signed.
    func canonicalize(
        _ request: inout HTTPRequest, credentials: Credentials, date: SigningDate
    ) -> CanonicalRequest {
        let url = CanonicalURL(request.url)
        var payloadHash: [UInt8] = []
        payloadHash.reserveCapacity(64)
        request.body.withUnsafeBytes { Digest.appendSHA256Hex(of: $0, to: &payloadHash) }

        var hasHost = false
        request.headers.removeAll { header in
            if header.name.isEqual(caseInsensitively: "host") { hasHost = true }
            return Self.replaced.contains { header.name.isEqual(caseInsensitively: $0) }
        }
        request.headers.reserveCapacity(request.headers.count + 5)
        if !hasHost {
            request.headers.append(HTTPHeader("Host", String(decoding: url.host, as: UTF8.self)))
        }
        if let token = credentials.sessionToken {
            request.headers.append(HTTPHeader("X-Amz-Security-Token", token))
        }
        request.headers.append(HTTPHeader("X-Amz-Date", date.string))
        if options.sendsPayloadHash {
            request.headers.append(
                HTTPHeader("x-amz-content-sha256", String(decoding: payloadHash, as: UTF8.self)))
        }
        return CanonicalRequest(request, url: url, payloadHash: payloadHash, options: options)
    }

    func stringToSign(_ canonical: CanonicalRequest, date: SigningDate) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(192)
        text.append(contentsOf: "AWS4-HMAC-SHA256\n".utf8)
        text.append(contentsOf: date.bytes)
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: date.bytes[..<8])
        text.append(contentsOf: scope)
        text.append(UInt8(ascii: "\n"))
        canonical.bytes.withUnsafeBytes { Digest.appendSHA256Hex(of: $0, to: &text) }
        return text
    }

    private func authorization(
        for stringToSign: [UInt8], signedHeaders: ArraySlice<UInt8>, credentials: Credentials, date: SigningDate
    ) -> String {
        let key = keys.key(secret: credentials.secretAccessKey, date: date, region: region, service: service)
        var text: [UInt8] = []
        text.reserveCapacity(320)
        text.append(contentsOf: "AWS4-HMAC-SHA256 Credential=".utf8)
        text.append(contentsOf: credentials.accessKeyId.utf8)
        text.append(UInt8(ascii: "/"))
        text.append(contentsOf: date.bytes[..<8])
        text.append(contentsOf: scope)
        text.append(contentsOf: ", SignedHeaders=".utf8)
        text.append(contentsOf: signedHeaders)
        text.append(contentsOf: ", Signature=".utf8)
        withUnsafeTemporaryAllocation(byteCount: HMACSHA256.count, alignment: 8) { code in
            stringToSign.withUnsafeBytes { key.authenticate($0, into: code) }
            Hexadecimal.append(UnsafeRawBufferPointer(code), to: &text)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let replaced: [StaticString] = [
        "authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256",
    ]
}

extension String {
    /// Whether both are the same, ASCII letters compared without regard to case.
    fileprivate func isEqual(caseInsensitively name: StaticString) -> Bool {
        guard utf8.count == name.utf8CodeUnitCount else { return false }
        var position = 0
        for byte in utf8 {
            let lowered = byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
            if lowered != name.utf8Start[position] { return false }
            position += 1
        }
        return true
    }
}
