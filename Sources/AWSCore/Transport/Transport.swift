/// What carries HTTP requests: libcurl in production (``CurlTransport``), a script in tests.
public protocol Transport: Sendable {
    /// Sends a request and waits for the whole answer.
    ///
    /// - Parameter request: The request, with its own deadlines.
    /// - Returns: The answer, whatever its status.
    /// - Throws: ``TransportError`` where there is no whole answer.
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}

/// Why a request has no whole answer.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure; open, so that a transport may add its own.
    public struct Kind: Sendable, Hashable {
        let name: String

        /// The host's name did not resolve, or no connection came about: the request was not sent.
        public static let connect = Kind(name: "no connection")
        /// The certificate or the TLS handshake was refused.
        public static let tls = Kind(name: "TLS failure")
        /// A deadline of the request ran out; the server may have done the work.
        public static let timeout = Kind(name: "timeout")
        /// The connection broke after the request went out; the server may have done the work.
        public static let broken = Kind(name: "connection broken")
        /// The answer is larger than the transport takes.
        public static let tooLarge = Kind(name: "answer too large")
        /// The request itself cannot be sent: a bad URL or header.
        public static let invalid = Kind(name: "invalid request")
        /// The caller's task was cancelled, or the transport was shut down.
        public static let cancelled = Kind(name: "cancelled")
    }

    /// The kind of failure.
    public let kind: Kind
    /// What happened, for a person: libcurl's own words, and the URL's scheme, host and port.
    public let message: String
    /// Whether the request went out on a connection that had served another before. Where that broke, the server had
    /// most likely closed it while it was idle: a fresh connection may well do.
    public let onReusedConnection: Bool

    /// - Parameters:
    ///   - kind: The kind of failure.
    ///   - message: What happened, for a person.
    ///   - onReusedConnection: Whether the connection had served another request before.
    public init(_ kind: Kind, _ message: String, onReusedConnection: Bool = false) {
        self.kind = kind
        self.message = message
        self.onReusedConnection = onReusedConnection
    }

    /// The kind and the message.
    public var description: String { "\(kind.name): \(message)" }
}
