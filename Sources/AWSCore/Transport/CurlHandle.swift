internal import CCurl

/// One easy handle of libcurl with the buffers of its current transfer. Owned and used by the transport's thread alone.
final class CurlHandle {
    let easy: OpaqueCurl
    private let options: CurlTransport.Options
    private let errorText: UnsafeMutablePointer<CChar>
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// libcurl reads the body from here until the transfer ends, so it lives as long as the handle.
    private var requestBody: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
    private var url = ""
    /// What the handle is set up for; `nil` before the first request and after a failure.
    private var setup: Setup?
    private var headerLine: [UInt8] = []
    private var responseHeaders: [HTTPHeader] = []
    private var responseBody: [UInt8] = []
    private var isTooLarge = false
    /// Whether the empty line that ends the header section has come.
    private var hasAllHeaders = false

    init(options: CurlTransport.Options) throws(TransportError) {
        guard CurlGlobal.isReady, let easy = curl_easy_init() else {
            throw TransportError(.invalid, "libcurl did not start")
        }
        self.easy = easy
        self.options = options
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        requestBody.deallocate()
        errorText.deallocate()
    }

    /// What most requests have in common with the one before: each option costs libcurl a copy.
    private struct Setup: Equatable {
        let method: String
        let url: String
        let connectTimeout: Duration
        let usesProxy: Bool
        let sendsBody: Bool

        init(_ request: HTTPRequest) {
            method = request.method
            url = request.url
            connectTimeout = request.connectTimeout
            usesProxy = request.usesProxy
            sendsBody = method != "HEAD" && !(method == "GET" && request.body.isEmpty)
        }
    }

    /// Sets the handle up for a request. Connections, DNS and TLS sessions stay: they belong to the multi handle.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - timeout: What is left of its time.
    /// - Throws: ``TransportError`` where the request cannot be sent.
    func prepare(_ request: HTTPRequest, timeout: Duration) throws(TransportError) {
        errorText[0] = 0
        url = request.url
        isTooLarge = false
        hasAllHeaders = false
        let wanted = Setup(request)
        if setup != wanted {
            setup = nil
            try setUp(request)
            setup = wanted
        }
        try set(CURLOPT_TIMEOUT_MS, timeout.wholeMilliseconds)
        if wanted.sendsBody { try setBody(request.body) }
        try setHeaders(request.headers)
    }

    private func setUp(_ request: HTTPRequest) throws(TransportError) {
        curl_easy_reset(easy)
        try check(map_beacons_curl_allow_http_only(easy))
        try set(CURLOPT_URL, request.url)
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        try set(CURLOPT_TCP_NODELAY, 1)
        try setConnection(connectTimeout: request.connectTimeout)
        try setSecurity(request)
        try setMethod(request)
        try check(map_beacons_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(map_beacons_curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        try check(map_beacons_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        try check(map_beacons_curl_set_callback(easy, CURLOPT_WRITEFUNCTION, CurlHandle.receiveBody))
        try check(map_beacons_curl_set_callback(easy, CURLOPT_HEADERFUNCTION, CurlHandle.receiveHeader))
    }

    /// The outcome of a transfer that libcurl says is done.
    func finish(_ code: CURLcode) -> Result<HTTPResponse, TransportError> {
        let outcome = outcome(code)
        if case .failure = outcome { setup = nil }
        release()
        return outcome
    }

    /// Ends a transfer that libcurl has not done.
    func abandon() {
        setup = nil
        release()
    }

    private func release() {
        responseHeaders = []
        responseBody = []
        if requestBody.count > Self.keptBodyBytes { requestBody = resized(requestBody, to: 0) }
    }

    private func outcome(_ code: CURLcode) -> Result<HTTPResponse, TransportError> {
        guard code == CURLE_OK else { return .failure(failure(code)) }
        var status = 0
        guard map_beacons_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK, status > 0 else {
            return .failure(TransportError(.broken, "\(origin): no status"))
        }
        // libcurl takes a connection that closes within the header section for the end of an empty answer.
        guard hasAllHeaders else {
            return .failure(TransportError(.broken, "\(origin): closed within the header section"))
        }
        return .success(HTTPResponse(status: status, headers: responseHeaders, body: responseBody))
    }

    /// A body buffer larger than this is given back after its transfer.
    private static let keptBodyBytes = 128 << 10

    /// All that errors tell of the URL.
    private var origin: String { CanonicalURL.origin(of: url) }

    private func failure(_ code: CURLcode) -> TransportError {
        let words = errorText[0] != 0 ? String(cString: errorText) : String(cString: curl_easy_strerror(code))
        var connections = 0
        var connectTime: curl_off_t = 0
        _ = map_beacons_curl_get_long(easy, CURLINFO_NUM_CONNECTS, &connections)
        _ = map_beacons_curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &connectTime)
        let kind: TransportError.Kind =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .connect
            // Before the request could go out, a timeout is one of the connection: nothing was sent.
            case CURLE_OPERATION_TIMEDOUT: connectTime == 0 ? .connect : .timeout
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR:
                .tls
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalid
            case CURLE_WRITE_ERROR where isTooLarge: .tooLarge
            default: .broken
            }
        return TransportError(kind, "\(origin): \(words)", onReusedConnection: connections == 0 && connectTime > 0)
    }

    private func setConnection(connectTimeout: Duration) throws(TransportError) {
        try set(CURLOPT_CONNECTTIMEOUT_MS, connectTimeout.wholeMilliseconds)
        try set(CURLOPT_MAXAGE_CONN, Int(options.idleConnectionAge.components.seconds))
        // A long poll on a network that went away ends by these where a deadline is far.
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_TCP_KEEPIDLE, 20)
        try set(CURLOPT_TCP_KEEPINTVL, 10)
    }

    private func setSecurity(_ request: HTTPRequest) throws(TransportError) {
        try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let bundle = options.caBundle { try set(CURLOPT_CAINFO, bundle) }
        // Set even if empty: libcurl would read the environment by rules of its own otherwise.
        let isProxied = request.usesProxy && request.url.hasPrefix("https:")
        try set(CURLOPT_PROXY, isProxied ? options.httpsProxy ?? "" : "")
        try set(CURLOPT_NOPROXY, options.noProxy ?? "")
    }

    private func setMethod(_ request: HTTPRequest) throws(TransportError) {
        switch request.method {
        case "GET" where request.body.isEmpty:
            try set(CURLOPT_HTTPGET, 1)
        case "HEAD":
            try set(CURLOPT_NOBODY, 1)
        case "POST":
            try set(CURLOPT_POST, 1)
        default:
            try set(CURLOPT_POST, 1)
            try set(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func setBody(_ body: [UInt8]) throws(TransportError) {
        if requestBody.count < body.count { requestBody = resized(requestBody, to: body.count) }
        requestBody.copyBytes(from: body)
        try check(
            map_beacons_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
        try check(map_beacons_curl_set_pointer(easy, CURLOPT_POSTFIELDS, requestBody.baseAddress))
    }

    private func setHeaders(_ headers: [HTTPHeader]) throws(TransportError) {
        curl_slist_free_all(headerList)
        headerList = nil
        // Without a value libcurl leaves its own fields out: no wait for 100-continue, no Accept that nobody reads.
        for line in ["Expect:", "Accept:"] { headerList = curl_slist_append(headerList, line) }
        for header in headers {
            headerLine.removeAll(keepingCapacity: true)
            headerLine.append(contentsOf: header.name.utf8)
            headerLine.append(contentsOf: header.value.isEmpty ? ";".utf8 : ": ".utf8)
            headerLine.append(contentsOf: header.value.utf8)
            guard !headerLine.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) else {
                throw TransportError(.invalid, "the header \(header.name) holds a line break or a zero byte")
            }
            headerLine.append(0)
            headerLine.withUnsafeBytes { line in
                headerList = curl_slist_append(headerList, line.baseAddress?.assumingMemoryBound(to: CChar.self))
            }
        }
        try check(map_beacons_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList))
    }

    private func set(_ option: CURLoption, _ value: Int) throws(TransportError) {
        try check(map_beacons_curl_set_long(easy, option, value))
    }

    private func set(_ option: CURLoption, _ value: String) throws(TransportError) {
        try check(map_beacons_curl_set_string(easy, option, value))
    }

    private func check(_ code: CURLcode) throws(TransportError) {
        guard code == CURLE_OK else {
            throw TransportError(.invalid, "\(origin): \(String(cString: curl_easy_strerror(code)))")
        }
    }

    private func resized(_ buffer: UnsafeMutableRawBufferPointer, to count: Int) -> UnsafeMutableRawBufferPointer {
        buffer.deallocate()
        return count == 0
            ? UnsafeMutableRawBufferPointer(start: nil, count: 0)
            : .allocate(byteCount: count, alignment: 16)
    }

    private static let receiveBody: map_beacons_curl_data_callback = { data, size, count, context in
        guard let data, let context else { return 0 }
        let handle = Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
        return handle.appendBody(UnsafeRawBufferPointer(start: data, count: size * count))
    }

    private static let receiveHeader: map_beacons_curl_data_callback = { data, size, count, context in
        guard let data, let context else { return 0 }
        let handle = Unmanaged<CurlHandle>.fromOpaque(context).takeUnretainedValue()
        handle.appendHeader(UnsafeRawBufferPointer(start: data, count: size * count))
        return size * count
    }

    /// - Returns: The bytes taken; fewer than given ends the transfer.
    private func appendBody(_ data: UnsafeRawBufferPointer) -> Int {
        guard responseBody.count + data.count <= options.maxResponse.bytes else {
            isTooLarge = true
            return 0
        }
        responseBody.append(contentsOf: data)
        return data.count
    }

    private func appendHeader(_ line: UnsafeRawBufferPointer) {
        // A status line starts an answer; what an interim answer brought before it is dropped.
        if line.starts(with: "HTTP/".utf8) {
            responseHeaders = []
            hasAllHeaders = false
            return
        }
        if line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8) { hasAllHeaders = true }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
        let name = String(decoding: line[..<colon], as: UTF8.self)
        let value = line[(colon + 1)...].trimmingHTTPSpace()
        responseHeaders.append(HTTPHeader(name, String(decoding: value, as: UTF8.self)))
        if name.count == 14, name.lowercased() == "content-length", let length = Int(responseHeaders.last?.value ?? "")
        {
            // Once, with room behind it for the JSON parser to read in place.
            responseBody.reserveCapacity(min(length, options.maxResponse.bytes) + JSONParser.padding)
        }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Without the spaces, tabs and line ends around it.
    fileprivate func trimmingHTTPSpace() -> Self {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return self[startIndex..<startIndex]
        }
        return self[first...last]
    }
}

extension Duration {
    /// Milliseconds, rounded up, at least one: libcurl takes zero as no limit.
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
    }
}
