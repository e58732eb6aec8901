/// What signs a request.
public struct Credentials: Sendable, Hashable {
    /// The access key id, which requests carry in the clear.
    public let accessKeyId: String
    /// The secret access key; never logged.
    public let secretAccessKey: String
    /// The session token of temporary credentials; never logged.
    public let sessionToken: String?
    /// When temporary credentials end.
    public let expiration: Timestamp?
    /// The account that they belong to, where their source says so.
    public let accountId: String?
    /// The provider that gave them, by name, such as `environment`.
    public let source: String
    /// Whether AWS still takes them past their end while their source fails, as EC2's own.
    var outlivesExpiration = false

    /// - Parameters:
    ///   - accessKeyId: The access key id.
    ///   - secretAccessKey: The secret access key.
    ///   - sessionToken: The session token of temporary credentials.
    ///   - expiration: When temporary credentials end.
    ///   - accountId: The account that they belong to.
    ///   - source: The provider that gave them, by name.
    public init(
        accessKeyId: String, secretAccessKey: String, sessionToken: String? = nil, expiration: Timestamp? = nil,
        accountId: String? = nil, source: String = "static"
    ) {
        self.accessKeyId = accessKeyId
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
        self.accountId = accountId
        self.source = source
    }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The source and the last four characters of the key id; nothing secret.
    public var description: String { "\(source) …\(accessKeyId.suffix(4))" }
    /// The source and the last four characters of the key id; nothing secret.
    public var debugDescription: String { description }
    /// A mirror without the secrets, for `dump` and its kin.
    public var customMirror: Mirror { Mirror(self, children: ["credentials": description]) }
}

/// Gives credentials: one source of them, a chain of sources, or a cache in front of one.
public protocol CredentialsProvider: Sendable {
    /// Credentials that are valid now.
    ///
    /// Ends at once where the calling task is cancelled: a call waits no longer than its own time.
    ///
    /// - Returns: The credentials.
    /// - Throws: `CredentialsError`, with what was tried and why it gave nothing.
    func credentials() async throws -> Credentials
}
