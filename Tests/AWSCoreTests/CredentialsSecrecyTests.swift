import Testing

@testable import AWSCore

@Suite("Nothing secret is printed")
struct CredentialsSecrecyTests {
    /// All the ways in which a value ends in a log.
    private func prints(_ value: Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) \(String(reflecting: value)) \(String(describing: [value])) \(dumped)"
    }

    @Test("Credentials print as their source and the end of the key's id")
    func credentials() {
        let keys = Credentials(
            accessKeyId: "AKIAABCDEFGHWXYZ", secretAccessKey: "hunter2", sessionToken: "hunter2-token", source: "test")
        #expect("\(keys)" == "test …WXYZ")
        for text in [prints(keys), prints([keys]), prints(Optional(keys) as Any)] {
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("AKIAABCD"))
        }
    }

    @Test("A malformed shared file's error holds the line's number, not the line")
    func profileFile() throws {
        for text in [
            "[default]\naws_secret_access_key: hunter2", "[default\nhunter2", "hunter2", "[d]\ns3 =\n hunter2",
        ] {
            let error = #expect(throws: ConfigurationError.self) {
                try AWSConfiguration(.scripted(["HOME": "/h"], files: ["/h/.aws/credentials": text]))
            }
            #expect(!prints(try #require(error)).contains("hunter2"))
            #expect(error?.description.contains("/h/.aws/credentials, line") == true)
        }
    }

    @Test("STS repeats what it signed where signatures differ; the token in it is not repeated by us")
    func stsMessages() async throws {
        let transport = AnsweringTransport { request throws(TransportError) in
            let token = request.header("x-amz-security-token") ?? request.form["WebIdentityToken"] ?? ""
            return Answer.refusal("SignatureDoesNotMatch", "token \(token) in POST\nx-amz-security-token:\(token)")
        }
        let configuration = try AWSConfiguration(
            .scripted(
                [
                    "AWS_REGION": "us-east-1", "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
                    "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
                ], files: ["/token": "hunter2"]))
        let client = try configuration.stsClient(region: "us-east-1", transport: transport)
        let keys = Credentials(accessKeyId: "AKIA", secretAccessKey: "s3cr3t", sessionToken: "hunter2")
        let error = await #expect(throws: AWSError.self) { try await client.getCallerIdentity(credentials: keys) }
        #expect(!prints(try #require(error)).contains("hunter2"))
        #expect(error?.message == "token … in POST…")

        let chain = configuration.credentialsChain(transport: transport)
        let failure = await #expect(throws: CredentialsError.self) { try await chain.load() }
        #expect(!prints(try #require(failure)).contains("hunter2"))
        #expect(failure?.description.contains("SignatureDoesNotMatch") == true)
    }

    @Test("A token that STS repeats is hidden whole, wherever a long message is cut", arguments: [200, 250, 256, 500])
    func longSTSMessages(length: Int) async throws {
        let token = (0..<60).map { "t\($0)." }.joined()
        let transport = AnsweringTransport { _ throws(TransportError) in
            let text = String(repeating: "x", count: length) + token + String(repeating: "y", count: 600)
            return Answer.refusal("SignatureDoesNotMatch", text)
        }
        let client = try AWSConfiguration(.scripted()).stsClient(region: "us-east-1", transport: transport)
        let keys = Credentials(accessKeyId: "AKIA", secretAccessKey: "s3cr3t", sessionToken: token)
        let error = await #expect(throws: AWSError.self) { try await client.getCallerIdentity(credentials: keys) }
        #expect(error?.message.contains("t0.") == false)
        #expect((error?.message.utf8.count ?? 9999) < 300)
    }

    @Test("Of a container's endpoint, whose path may be all that guards its keys, host and port alone are told")
    func containerEndpoint() async throws {
        let answers: [ScriptedTransport.Answer] = [
            .failure(TransportError(.connect, "refused")), .json(403, ""), .json(200, "{}"),
        ]
        for (variable, value, origin) in [
            ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/hunter2", "http://169.254.170.2"),
            (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://a:hunter2@localhost:81/hunter2?id=hunter2",
                "http://localhost:81"
            ),
        ] {
            for answer in answers {
                let source = ContainerCredentials(
                    surroundings: .scripted([variable: value]),
                    transport: AnsweringTransport { _ throws(TransportError) in try answer.get() })
                let error = await #expect(throws: CredentialsError.self) { try await source.load() }
                #expect(!prints(try #require(error)).contains("hunter2"))
                #expect(error?.description.contains(origin) == true)
            }
        }
    }

    @Test(
        "Of a URL, messages hold scheme, host and port",
        arguments: [
            ("https://sqs.eu-central-1.amazonaws.com/1/q?k=hunter2#hunter2", "https://sqs.eu-central-1.amazonaws.com"),
            ("http://user:hunter2@127.0.0.1:81/hunter2", "http://127.0.0.1:81"),
            ("http://[::1]:81?hunter2", "http://[::1]:81"),
            ("user:hunter2@host/hunter2", "host"), ("ftp://u:hunter2@host", "ftp://host"), ("", ""),
        ])
    func origin(url: String, told: String) {
        #expect(CanonicalURL.origin(of: url) == told)
        #expect(!prints(HTTPRequest(method: "GET", url: url)).contains("hunter2"))
    }

    @Test("An endpoint with a password is refused, and the password is not repeated")
    func endpointUser() throws {
        for url in ["http://user:hunter2@127.0.0.1:4566", "https://hunter2@example.com/", "HTTP://a:hunter2@[::1]:1"] {
            let configuration = try AWSConfiguration(.scripted(["AWS_ENDPOINT_URL": url]))
            let error = #expect(throws: ConfigurationError.self) {
                try configuration.resolveEndpoint(for: .sqs, region: "eu-central-1")
            }
            #expect(!prints(try #require(error)).contains("hunter2"))
            #expect(error?.code == .endpoint && error?.message.contains("AWS_ENDPOINT_URL names a user") == true)
        }
        let path = try AWSConfiguration(.scripted(["AWS_ENDPOINT_URL": "http://127.0.0.1:4566/@"]))
        #expect(try path.endpoint(for: .sqs, region: "eu-central-1") == "http://127.0.0.1:4566/@")
    }

    @Test("Documents with a mistake are not quoted")
    func documents() async throws {
        let transport = AnsweringTransport { _ throws(TransportError) in
            HTTPResponse(status: 200, body: Array(#"{"AccessKeyId":"hunter2","Token":"hunter2"}"#.utf8))
        }
        let source = ContainerCredentials(
            surroundings: .scripted([
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "hunter2",
            ]), transport: transport)
        let error = await #expect(throws: CredentialsError.self) { try await source.load() }
        #expect(!prints(try #require(error)).contains("hunter2"))
    }

    @Test("A proxy's password is in neither its description nor its error")
    func proxy() throws {
        let configuration = try AWSConfiguration(.scripted(["HTTPS_PROXY": "http://user:hunter2@proxy.example:3128"]))
        #expect(configuration.proxy.description == "proxy.example:3128")
        #expect(!prints(configuration.proxy).contains("hunter2"))
        let error = #expect(throws: ConfigurationError.self) {
            try AWSConfiguration(.scripted(["HTTPS_PROXY": "gopher://user:hunter2@proxy.example"]))
        }
        #expect(!prints(try #require(error)).contains("hunter2"))
    }

    @Test("A signer that has signed prints no key")
    func signer() {
        let keys = SigningKeyCache()
        let signer = Signer(service: "sqs", region: "us-east-1", keys: keys)
        var request = HTTPRequest(method: "POST", url: "https://example.com/")
        signer.sign(
            &request, credentials: Credentials(accessKeyId: "AKIA", secretAccessKey: "hunter2"),
            at: Timestamp(seconds: 0))
        #expect(keys.count == 1)
        #expect(!prints(keys).contains("hunter2"))
        #expect(!prints(signer).contains("hunter2"))
    }

    @Test("A configuration prints no key of its files or variables")
    func configuration() async throws {
        let configuration = try AWSConfiguration(
            .scripted(
                [
                    "HOME": "/h", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "hunter2",
                    "AWS_SESSION_TOKEN": "hunter2-token",
                ],
                files: [
                    "/h/.aws/credentials": "[default]\naws_access_key_id = AKIA\naws_secret_access_key = hunter2"
                ]))
        let transport = AnsweringTransport.unreachable
        let provider = configuration.credentialsProvider(transport: transport)
        _ = try await provider.credentials()
        #expect(!prints(configuration).contains("hunter2"))
        #expect(!prints(provider).contains("hunter2"))
        #expect(!prints(configuration.credentialsChain(transport: transport)).contains("hunter2"))
        let chain = try ProfileChain(configuration.files.profiles, selected: "default")
        #expect(!prints(chain).contains("hunter2"))
        #expect(!prints(chain.base).contains("hunter2"))
    }
}
