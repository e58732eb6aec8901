extension Signer {
    /// Which header fields a signature covers.
    public enum SignedHeaders: Sendable {
        /// `host`, `content-type` and every `x-amz-*`: all that AWS asks for, and nothing that a proxy may change.
        case required
        /// All but those that proxies and HTTP libraries change on the way (`user-agent`, `connection` and their kin).
        case all
    }

    /// How a service wants requests signed. The defaults fit SQS, DynamoDB and STS.
    public struct Options: Sendable {
        /// Whether `.`, `..` and repeated slashes in the path are resolved before signing. S3 alone wants them kept.
        public var normalizesPath = true
        /// Which header fields are signed.
        public var signedHeaders = SignedHeaders.required
        /// Whether the body's SHA-256 is also sent, as `X-Amz-Content-SHA256`.
        public var sendsPayloadHash = false
        /// Whether a session token is signed. Services that check it apart, such as IoT, want it added unsigned.
        public var signsSessionToken = true

        /// The defaults.
        public init() {}

        /// Whether a field is part of the signature.
        func signs(_ name: ArraySlice<UInt8>) -> Bool {
            if !signsSessionToken, name.elementsEqual("x-amz-security-token".utf8) { return false }
            return switch signedHeaders {
            case .required:
                name.starts(with: "x-amz-".utf8) || name.elementsEqual("host".utf8)
                    || name.elementsEqual("content-type".utf8)
            case .all:
                !Self.changeable.contains { name.elementsEqual($0.utf8) }
            }
        }

        /// Fields that belong to one connection, or that proxies rewrite: botocore's list.
        private static let changeable = [
            "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
            "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
        ]
    }
}
