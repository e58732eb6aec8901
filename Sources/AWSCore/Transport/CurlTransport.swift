internal import CCurl
internal import Synchronization

/// HTTP over libcurl's multi interface: pooled connections, DNS and TLS sessions, driven by one thread.
///
/// Any number of tasks send at once. A task that is cancelled ends its request with ``TransportError/Kind/cancelled``;
/// the server may have done the work all the same.
public final class CurlTransport: Transport {
    /// How a transport connects.
    public struct Options: Sendable {
        /// A file of PEM certificates to trust instead of the system's (`AWS_CA_BUNDLE`).
        public var caBundle: String?
        /// The proxy of `https` requests (`HTTPS_PROXY`), as a URL; none if `nil`, whatever the environment says.
        public var httpsProxy: String?
        /// Hosts that are reached without the proxy (`NO_PROXY`), separated by commas.
        public var noProxy: String?
        /// How long a connection may lie idle and be used again. SQS closes its own after minutes, and a request on a
        /// connection that the server is closing would be sent twice.
        public var idleConnectionAge: Duration = .seconds(30)
        /// The largest answer that is taken. Ten SQS messages of 1 MiB, escaped at worst, are 6 MiB.
        public var maxResponse: ByteCount = .mebibytes(24)
        /// The most connections at once; requests over it wait, within their deadlines.
        public var maxConnections = 256

        /// The defaults: the system's certificates, no proxy.
        public init() {}
    }

    private let loop: CurlLoop

    /// How many of libcurl's handles the transport has, at work or kept for reuse.
    var handles: Int { loop.handles }

    /// - Parameter options: How to connect.
    /// - Throws: ``TransportError`` if libcurl does not start.
    public init(options: Options = Options()) throws(TransportError) {
        loop = try CurlLoop(options: options)
        loop.start()
    }

    deinit {
        loop.stop()
    }

    /// Sends a request and waits for the whole answer. See ``Transport/send(_:)``.
    public func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let transfer = CurlTransfer(request)
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                loop.submit(transfer, continuation)
            }
        } onCancel: {
            loop.cancel(transfer)
        }
        return try result.get()
    }
}

/// A request on its way through the transport's thread.
final class CurlTransfer: Sendable {
    typealias Outcome = Result<HTTPResponse, TransportError>

    let request: HTTPRequest
    private let isCancelledFlag = Atomic(false)

    init(_ request: HTTPRequest) {
        self.request = request
    }

    var isCancelled: Bool { isCancelledFlag.load(ordering: .acquiring) }

    func markCancelled() {
        isCancelledFlag.store(true, ordering: .releasing)
    }
}
