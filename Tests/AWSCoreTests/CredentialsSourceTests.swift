import Testing

@testable import AWSCore

@Suite("Where credentials come from")
struct CredentialsSourceTests {
    private func chain(
        _ surroundings: Surroundings, _ transport: any Transport = AnsweringTransport.unreachable
    ) throws -> CredentialsChain {
        try AWSConfiguration(surroundings).credentialsChain(transport: transport)
    }

    @Test("Where no source has any, the error names each in order, why it gave nothing, and what to do")
    func namesAll() async throws {
        let chain = try chain(.scripted(["HOME": "/home/user"]))
        let error = await #expect(throws: CredentialsError.self) { try await chain.load() }
        #expect(
            error?.attempts.map(\.source) == [
                "environment", "web identity", "profile default", "container", "instance metadata",
            ])
        let text = try #require(error?.description)
        for part in [
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are unset", "AWS_WEB_IDENTITY_TOKEN_FILE is unset",
            "/home/user/.aws/config and /home/user/.aws/credentials", "No environment variables", "no route to",
            "set AWS_ACCESS_KEY_ID",
        ] {
            #expect(text.contains(part))
        }
    }

    @Test("The first source that is set up wins", arguments: 0..<5)
    func precedence(first: Int) async throws {
        var variables = ["HOME": "/home/user", "AWS_REGION": "eu-central-1"]
        if first <= 3 { variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/role" }
        if first <= 1 {
            variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token"
            variables["AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/r"
        }
        if first == 0 {
            variables["AWS_ACCESS_KEY_ID"] = "environment"
            variables["AWS_SECRET_ACCESS_KEY"] = "s"
        }
        var files = ["/token": " jwt\n"]
        if first <= 2 {
            files["/home/user/.aws/credentials"] =
                "[default]\naws_access_key_id = profile default\naws_secret_access_key = s"
        }
        let transport = AnsweringTransport { request throws(TransportError) in
            if request.url.hasPrefix("https://sts.eu-central-1.amazonaws.com") {
                return Answer.role("AssumeRoleWithWebIdentity", id: "web identity")
            }
            if request.url == "http://169.254.170.2/role" {
                return HTTPResponse(
                    status: 200, body: Answer.keys("container", expiration: "2030-01-01T00:00:00Z"))
            }
            return Self.metadata(request)
        }
        let credentials = try await chain(.scripted(variables, files: files), transport).load()
        let names = ["environment", "web identity", "profile default", "container", "instance metadata"]
        #expect(credentials.source == names[first])
        #expect(credentials.accessKeyId == names[first])
    }

    /// EC2's metadata, version 2 alone.
    private static func metadata(_ request: HTTPRequest) -> HTTPResponse {
        let path = request.url.replacing("http://169.254.169.254/latest/", with: "")
        if request.method == "PUT", path == "api/token" { return HTTPResponse(status: 200, body: Array("t0k".utf8)) }
        guard request.header("x-aws-ec2-metadata-token") == "t0k" else { return HTTPResponse(status: 401) }
        switch path {
        case "meta-data/iam/security-credentials/": return HTTPResponse(status: 200, body: Array("role-1\n".utf8))
        case "meta-data/iam/security-credentials/role-1":
            return HTTPResponse(
                status: 200, body: Answer.keys("instance metadata", expiration: "2030-01-01T00:00:00Z"))
        case "meta-data/placement/region": return HTTPResponse(status: 200, body: Array("sa-east-1".utf8))
        default: return HTTPResponse(status: 404)
        }
    }

    @Test("A source that is set up wrongly ends the chain: no other identity takes its place")
    func endsAtMistake() async throws {
        let surroundings = Surroundings.scripted([
            "AWS_ACCESS_KEY_ID": "AKIA", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/role",
        ])
        let transport = AnsweringTransport.unreachable
        let chain = try chain(surroundings, transport)
        let error = await #expect(throws: CredentialsError.self) { try await chain.load() }
        #expect(error?.code == .misconfigured)
        #expect(error?.description.contains("AWS_SECRET_ACCESS_KEY is not") == true)
        #expect(transport.requests.isEmpty)
    }

    @Test("The token of a container's endpoint comes from the file where there is one, and no proxy is used")
    func containerToken() async throws {
        let transport = AnsweringTransport { _ throws(TransportError) in
            HTTPResponse(status: 200, body: Answer.keys("AKIA", expiration: "2030-01-01T00:00:00Z"))
        }
        let source = ContainerCredentials(
            surroundings: .scripted(
                [
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
                    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "old", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "/token",
                ], files: ["/token": "new\n"]), transport: transport)
        let credentials = try await source.load()
        #expect(credentials.expiration == Timestamp(seconds: 1_893_456_000))
        #expect(transport.requests.map { $0.header("authorization") } == ["new"])
        #expect(transport.requests.allSatisfy { !$0.usesProxy && $0.timeout <= .seconds(5) })
    }

    @Test(
        "Plain HTTP goes to this machine and AWS's own addresses alone",
        arguments: [
            ("http://localhost/x", true), ("http://127.0.0.1:81/x", true), ("http://127.9.9.9/x", true),
            ("http://[::1]:81/x", true), ("http://169.254.170.23/x", true), ("http://[fd00:ec2::23]/x", true),
            ("https://example.com/x", true), ("http://example.com/x", false), ("http://169.254.169.254/x", false),
            ("http://127.0.0.1.example.com/x", false), ("http://localhost@example.com/x", false),
            ("http://127.0.0.1@10.0.0.1/x", false), ("http://127.0.0.256/x", false), ("ftp://localhost/x", false),
            ("http:///x", false), ("localhost/x", false),
        ])
    func containerHosts(url: String, isAllowed: Bool) {
        let source = ContainerCredentials(
            surroundings: .scripted(["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]),
            transport: AnsweringTransport.unreachable)
        #expect((try? source.endpoint()) == (isAllowed ? url : nil))
    }

    @Test("A container's endpoint is asked three times when it fails in passing, once when it refuses")
    func containerRetries() async throws {
        for (status, count) in [(500, 3), (429, 3), (403, 1)] {
            let transport = AnsweringTransport { _ throws(TransportError) in HTTPResponse(status: status) }
            let source = ContainerCredentials(
                surroundings: .scripted(["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"]), transport: transport)
            let error = await #expect(throws: CredentialsError.self) { try await source.load() }
            #expect(error?.code == .unavailable)
            #expect(transport.requests.count == count)
        }
    }

    @Test("EC2's metadata: a token for six hours, asked for once, within 2 s and without proxy")
    func instance() async throws {
        let transport = AnsweringTransport { request throws(TransportError) in Self.metadata(request) }
        let metadata = InstanceMetadata(surroundings: .scripted(), profile: [:], transport: transport)
        let source = InstanceCredentials(metadata: metadata)
        let credentials = try await source.load()
        #expect(credentials.accessKeyId == "instance metadata")
        #expect(credentials.outlivesExpiration)
        _ = try await source.load()
        let puts = transport.requests.filter { $0.method == "PUT" }
        #expect(puts.map { $0.header("x-aws-ec2-metadata-token-ttl-seconds") } == ["21600"])
        #expect(transport.requests.allSatisfy { !$0.usesProxy && $0.timeout <= .seconds(2) })
    }

    @Test(
        "A metadata token holds as long as EC2 says, and no longer than EC2 may say",
        arguments: [
            ("60", 0), ("21600", 21_540), ("\(Int64.max)", 21_540), ("\(Int64.min)", 0), ("-1", 0),
            ("99999999999999999999", 21_540), ("soon", 21_540),
        ] as [(String, Int64)])
    func tokenLifetime(text: String, seconds: Int64) async throws {
        let clock = SharedValue(Timestamp(seconds: 1_000_000))
        let transport = AnsweringTransport { _ throws(TransportError) in
            HTTPResponse(
                status: 200, headers: [HTTPHeader("X-aws-ec2-metadata-token-ttl-seconds", text)],
                body: Array("t0k".utf8))
        }
        let metadata = InstanceMetadata(
            surroundings: .scripted(clock: clock), profile: [:], transport: transport)
        func tokensAskedFor(after elapsed: Int64) async throws -> Int {
            clock.update { $0 = Timestamp(seconds: 1_000_000 + elapsed) }
            _ = try await metadata.get("x")
            return transport.requests.filter { $0.method == "PUT" }.count
        }
        #expect(try await tokensAskedFor(after: 0) == 1)
        if seconds > 0 { #expect(try await tokensAskedFor(after: seconds - 1) == 1) }
        #expect(try await tokensAskedFor(after: seconds) == 2)
    }

    @Test("A metadata token that is refused is asked for anew, once")
    func renewsToken() async throws {
        let tokens = SharedValue(0)
        let transport = AnsweringTransport { request throws(TransportError) in
            if request.method == "PUT" {
                return HTTPResponse(status: 200, body: Array("t\(tokens.update { $0 += 1; return $0 })".utf8))
            }
            return HTTPResponse(
                status: request.header("x-aws-ec2-metadata-token") == "t2" ? 200 : 401, body: Array("yes".utf8))
        }
        let metadata = InstanceMetadata(surroundings: .scripted(), profile: [:], transport: transport)
        #expect(try await metadata.get("x") == Array("yes".utf8))
        #expect(tokens.get() == 2)
    }

    @Test(
        "A metadata service that is switched off is no source; one that fails is",
        arguments: [(403, 1, true), (404, 1, true), (405, 1, true), (500, 3, false), (400, 1, false)])
    func refusedToken(status: Int, count: Int, isOff: Bool) async {
        let transport = AnsweringTransport { _ throws(TransportError) in HTTPResponse(status: status) }
        let metadata = InstanceMetadata(surroundings: .scripted(), profile: [:], transport: transport)
        let error = await #expect(throws: CredentialsError.self) {
            try await InstanceCredentials(metadata: metadata).load()
        }
        #expect(error?.code == (isOff ? .notConfigured : .unavailable))
        #expect(transport.requests.count == count)
    }

    @Test(
        "Where EC2's metadata lies, or that it is not to be asked",
        arguments: [
            ([:], "http://169.254.169.254/latest/api/token"),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], "http://[fd00:ec2::254]/latest/api/token"),
            (["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:9/"], "http://127.0.0.1:9/latest/api/token"),
            (["AWS_EC2_METADATA_DISABLED": "TRUE"], nil),
        ] as [([String: String], String?)])
    func metadataEndpoint(variables: [String: String], url: String?) async {
        let transport = AnsweringTransport.unreachable
        let metadata = InstanceMetadata(surroundings: .scripted(variables), profile: [:], transport: transport)
        let error = await #expect(throws: InstanceMetadata.Failure.self) { _ = try await metadata.get("x") }
        #expect(error?.code == .notConfigured)
        #expect(transport.requests.map(\.url) == (url.map { [$0, $0, $0] } ?? []))
    }

    @Test("Without a region in the settings, EC2's metadata tells it")
    func region() async throws {
        let transport = AnsweringTransport { request throws(TransportError) in Self.metadata(request) }
        let configuration = try AWSConfiguration(.scripted())
        #expect(try await configuration.resolveRegion(transport: transport) == "sa-east-1")
        let set = try AWSConfiguration(.scripted(["AWS_REGION": "eu-west-3"]))
        #expect(try await set.resolveRegion(transport: AnsweringTransport.unreachable) == "eu-west-3")
        let error = await #expect(throws: ConfigurationError.self) {
            try await configuration.resolveRegion(transport: AnsweringTransport.unreachable)
        }
        #expect(error?.description.contains("set AWS_REGION") == true)
    }

    @Test("A profile of IAM Identity Center is refused with advice")
    func refusesSSO() async throws {
        let config = """
            [default]
            sso_session = s
            sso_account_id = 1
            sso_role_name = r
            [sso-session s]
            sso_region = us-east-1
            sso_start_url = https://example.com
            """
        let chain = try chain(.scripted(["HOME": "/h"], files: ["/h/.aws/config": config]))
        let error = await #expect(throws: CredentialsError.self) { try await chain.load() }
        #expect(error?.code == .misconfigured)
        #expect(error?.advice.contains("credential_process") == true)
    }
}
