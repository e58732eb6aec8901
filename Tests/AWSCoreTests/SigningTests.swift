import Testing

@testable import AWSCore

@Suite("Signing")
struct SigningTests {
    private let credentials = Credentials(accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret", sessionToken: "token")
    private let date = Timestamp(milliseconds: 1_440_938_160_999)

    private func signed(_ request: HTTPRequest, credentials: Credentials? = nil) -> HTTPRequest {
        var request = request
        Signer(service: "sqs", region: "us-east-1").sign(
            &request, credentials: credentials ?? self.credentials, at: date)
        return request
    }

    @Test("Only host, content-type and x-amz-* are signed, so that what proxies change does not break it")
    func signsRequiredHeaders() throws {
        let request = signed(
            HTTPRequest(
                method: "POST", url: "https://sqs.us-east-1.amazonaws.com/",
                headers: [
                    HTTPHeader("Content-Type", "application/x-amz-json-1.0"), HTTPHeader("X-Amz-Target", "AmazonSQS.X"),
                    HTTPHeader("x-amzn-query-mode", "true"), HTTPHeader("amz-sdk-request", "attempt=1"),
                ]))
        let authorization = try #require(request.headers.last)
        #expect(authorization.name == "Authorization")
        #expect(
            authorization.value.contains(
                "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, "))
        #expect(authorization.value.contains("Credential=AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request, "))
    }

    @Test("Signing again replaces what the first time added, the token of other credentials included")
    func signsAgain() {
        let plain = HTTPRequest(method: "POST", url: "http://127.0.0.1:4566/", body: [1, 2, 3])
        let once = signed(plain)
        #expect(signed(once).headers == once.headers)
        let static_ = Credentials(accessKeyId: "AKIDOTHER", secretAccessKey: "other")
        #expect(signed(once, credentials: static_).headers == signed(plain, credentials: static_).headers)
    }

    @Test(
        "Host comes from the URL, without the scheme's own port",
        arguments: [
            ("https://sqs.us-east-1.amazonaws.com/", "sqs.us-east-1.amazonaws.com"),
            ("https://sqs.us-east-1.amazonaws.com:443/1/q?a=b", "sqs.us-east-1.amazonaws.com"),
            ("https://sqs.us-east-1.amazonaws.com:80", "sqs.us-east-1.amazonaws.com:80"),
            ("http://127.0.0.1:80/", "127.0.0.1"),
            ("http://127.0.0.1:4566?x", "127.0.0.1:4566"),
            ("http://[fd00:ec2::23]/v1", "[fd00:ec2::23]"),
            ("http://user:pass@localhost:4566/", "localhost:4566"),
        ])
    func takesHost(url: String, host: String) {
        #expect(signed(HTTPRequest(method: "GET", url: url)).headers.first == HTTPHeader("Host", host))
    }

    @Test("A Host given is kept, whatever its case")
    func keepsHost() {
        let request = HTTPRequest(method: "GET", url: "http://127.0.0.1/", headers: [HTTPHeader("hOST", "other")])
        #expect(signed(request).headers.filter { $0.name.lowercased() == "host" } == [HTTPHeader("hOST", "other")])
    }

    @Test(
        "Queries are escaped once and sorted by name, then value",
        arguments: [
            ("", ""), ("?", ""), ("?b&a", "a=&b="), ("?a=2&a=1&a", "a=&a=1&a=2"), ("?a-b=1&a=1", "a=1&a-b=1"),
            ("?x=%2f", "x=%2F"), ("?x=%7E~", "x=~~"), ("?x=%zz", "x=%25zz"), ("?x=a/b c", "x=a%2Fb%20c"),
            ("?x=1#fragment", "x=1"), ("?x=a=b", "x=a%3Db"),
        ])
    func sortsQuery(query: String, canonical: String) {
        var bytes: [UInt8] = []
        CanonicalURL("https://example.com/\(query)").appendQuery(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == canonical)
    }

    @Test("The key cache holds a bounded number of keys and gives the same signature with and without it")
    func boundsCache() throws {
        let keys = SigningKeyCache()
        for day in 0..<Int64(3 * SigningKeyCache.capacity) {
            for region in ["us-east-1", "eu-central-1"] {
                let date = Timestamp(seconds: day * 86_400)
                var cached = HTTPRequest(method: "POST", url: "https://example.com/")
                var fresh = cached
                let signer = Signer(service: "sqs", region: region, keys: keys)
                signer.sign(&cached, credentials: credentials, at: date)
                Signer(service: "sqs", region: region).sign(&fresh, credentials: credentials, at: date)
                #expect(cached.headers == fresh.headers)
                #expect(keys.count <= SigningKeyCache.capacity)
            }
        }
        #expect(keys.count == SigningKeyCache.capacity)
    }

    @Test("Many tasks sign with one signer at once")
    func signsConcurrently() async {
        let signer = Signer(service: "sqs", region: "us-east-1")
        let credentials = credentials
        let expected = (0..<8).map { n -> [HTTPHeader] in
            var request = HTTPRequest(method: "POST", url: "https://example.com/", body: [UInt8(n)])
            signer.sign(&request, credentials: credentials, at: Timestamp(seconds: Int64(n % 2) * 86_400))
            return request.headers
        }
        await withTaskGroup(of: (Int, [HTTPHeader]).self) { group in
            for n in 0..<400 {
                group.addTask {
                    var request = HTTPRequest(method: "POST", url: "https://example.com/", body: [UInt8(n % 8)])
                    signer.sign(&request, credentials: credentials, at: Timestamp(seconds: Int64(n % 2) * 86_400))
                    return (n % 8, request.headers)
                }
            }
            for await (n, headers) in group {
                #expect(headers == expected[n])
            }
        }
    }
}
