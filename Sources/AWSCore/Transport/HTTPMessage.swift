/// A header field of a request or an answer.
public struct HTTPHeader: Sendable, Hashable {
    /// The field's name, as it is sent; compared without regard to case.
    public var name: String
    /// The field's value.
    public var value: String

    /// - Parameters:
    ///   - name: The field's name.
    ///   - value: The field's value.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// An HTTP request, whole.
public struct HTTPRequest: Sendable {
    /// The method, in capitals.
    public var method: String
    /// The absolute URL, percent-encoded.
    public var url: String
    /// Header fields in the order sent. `Host` and `Content-Length` come from the URL and the body where absent.
    public var headers: [HTTPHeader]
    /// The body, sent where it is not empty or the method is POST or PUT.
    public var body: [UInt8]
    /// How long the connection may take: name resolution, TCP and TLS.
    public var connectTimeout: Duration = .seconds(5)
    /// How long everything may take, connection and answer included.
    public var timeout: Duration = .seconds(30)
    /// Whether `HTTPS_PROXY` and its kin apply; never to metadata services.
    public var usesProxy = true

    /// - Parameters:
    ///   - method: The method, in capitals.
    ///   - url: The absolute URL, percent-encoded.
    ///   - headers: Header fields in the order sent.
    ///   - body: The body.
    public init(method: String, url: String, headers: [HTTPHeader] = [], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method, scheme, host and port: all else may be secret.
    public var description: String { "\(method) \(CanonicalURL.origin(of: url))" }
    /// Method, scheme, host and port.
    public var debugDescription: String { description }
    /// A mirror without what may be secret, for `dump` and its kin.
    public var customMirror: Mirror { Mirror(self, children: ["request": description]) }
}

/// An HTTP answer, whole.
public struct HTTPResponse: Sendable {
    /// The status code.
    public var status: Int
    /// Header fields in the order received; those of interim answers are left out.
    public var headers: [HTTPHeader]
    /// The body as it came, not decoded.
    public var body: [UInt8]

    /// - Parameters:
    ///   - status: The status code.
    ///   - headers: Header fields in the order received.
    ///   - body: The body.
    public init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The value of the first header field of that name, case ignored.
    ///
    /// - Parameter name: The field's name, in lower case.
    public subscript(header name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }
}
