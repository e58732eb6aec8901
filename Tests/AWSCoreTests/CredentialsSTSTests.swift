import Testing

@testable import AWSCore

@Suite("Roles through STS")
struct CredentialsSTSTests {
    private static let config = """
        [profile outer]
        role_arn = arn:aws:iam::123456789012:role/outer
        source_profile = inner
        external_id = x y&z
        duration_seconds = 900
        role_session_name = me
        [profile inner]
        role_arn = arn:aws:iam::123456789012:role/inner
        credential_source = Environment
        """

    private func surroundings(pauses: SharedValue<[Duration]>? = nil) -> Surroundings {
        .scripted(
            [
                "HOME": "/h", "AWS_PROFILE": "outer", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIABASE",
                "AWS_SECRET_ACCESS_KEY": "BASESECRET", "AWS_SESSION_TOKEN": "BASETOKEN",
            ], files: ["/h/.aws/config": Self.config], pauses: pauses)
    }

    private func provider(
        _ transport: any Transport, pauses: SharedValue<[Duration]>? = nil
    ) throws -> ProfileCredentials {
        let surroundings = surroundings(pauses: pauses)
        return ProfileCredentials(
            sts: STSProvider(configuration: try AWSConfiguration(surroundings), transport: transport),
            metadata: InstanceMetadata(surroundings: surroundings, profile: [:], transport: transport))
    }

    @Test("A chain of roles: each is assumed with the credentials of the one before")
    func assumesInTurn() async throws {
        let transport = AnsweringTransport { request throws(TransportError) in
            Answer.role("AssumeRole", id: request.form["RoleArn"]?.hasSuffix("inner") == true ? "INNER" : "OUTER")
        }
        let credentials = try await provider(transport).load()
        #expect(credentials.accessKeyId == "OUTER")
        #expect(credentials.accountId == "123456789012")
        #expect(credentials.expiration == Timestamp(seconds: 1_003_600))
        let requests = transport.requests
        #expect(
            requests.map(\.url) == [
                "https://sts.eu-central-1.amazonaws.com/", "https://sts.eu-central-1.amazonaws.com/",
            ])
        #expect(requests[0].header("authorization")?.contains("Credential=AKIABASE/") == true)
        #expect(requests[0].header("x-amz-security-token") == "BASETOKEN")
        #expect(requests[1].header("authorization")?.contains("Credential=INNER/19700112/eu-central-1/sts/") == true)
        #expect(
            requests[1].form == [
                "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::123456789012:role/outer",
                "RoleSessionName": "me", "ExternalId": "x y&z", "DurationSeconds": "900",
            ])
    }

    @Test(
        "A failure in passing is tried three times with pauses; a refusal once, and said as such",
        arguments: [
            (Answer.refusal("InternalFailure", "", status: 500), 3, CredentialsError.Code.unavailable),
            (Answer.refusal("Throttling", "", status: 400), 3, .unavailable),
            (Answer.refusal("IDPCommunicationError", "", status: 400), 3, .unavailable),
            (HTTPResponse(status: 200), 1, .unavailable), (Answer.refusal("AccessDenied", "not you"), 1, .refused),
            (Answer.refusal("InvalidIdentityToken", "", status: 400), 1, .refused),
            (Answer.refusal("ExpiredTokenException", "", status: 400), 1, .refused),
            (Answer.refusal("ExpiredToken", "", status: 400), 1, .refused),
            (Answer.refusal("IDPRejectedClaim", "", status: 403), 1, .refused),
            (Answer.refusal("ValidationError", "no role", status: 400), 1, .refused),
        ])
    func retries(answer: HTTPResponse, count: Int, code: CredentialsError.Code) async throws {
        let pauses = SharedValue<[Duration]>([])
        let transport = AnsweringTransport { _ throws(TransportError) in answer }
        let provider = try provider(transport, pauses: pauses)
        let error = await #expect(throws: CredentialsError.self) { try await provider.load() }
        #expect(transport.requests.count == count)
        #expect(pauses.get().count == count - 1)
        #expect(error?.code == code)
        #expect(error?.description.contains("role/inner") == true)
    }

    @Test(
        "A signature refused for its time is made again with STS's time; one within four minutes is not",
        arguments: [
            ("RequestExpired", 3600, 2), ("SignatureDoesNotMatch", 3600, 2), ("SignatureDoesNotMatch", -3600, 2),
            ("RequestTimeTooSkewed", 3600, 2), ("SignatureDoesNotMatch", 200, 1), ("InvalidClientTokenId", 3600, 1),
        ] as [(String, Int64, Int)])
    func skew(code: String, ahead: Int64, attempts: Int) async throws {
        // The scripted clock stands at 1970-01-12T13:46:40Z.
        let time = Timestamp(seconds: 1_000_000 + ahead)
        let date = CivilTime(time)
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let clock = "\(padded(date.hour)):\(padded(date.minute)):\(padded(date.second))"
        let transport = AnsweringTransport { request throws(TransportError) in
            if request.header("x-amz-date") == SigningDate(time).string { return Answer.role("AssumeRole", id: "ASIA") }
            var refusal = Answer.refusal(code, "Signature expired")
            refusal.headers = [HTTPHeader("Date", "Mon, 12 Jan 1970 \(clock) GMT")]
            return refusal
        }
        let client = try AWSConfiguration(surroundings()).stsClient(region: "eu-central-1", transport: transport)
        let role = ProfileChain.Role(arn: "arn:aws:iam::1:role/r")
        let keys = Credentials(accessKeyId: "AKIA", secretAccessKey: "S")
        let credentials = try? await client.assumeRole(role, sessionName: "s", credentials: keys, source: "test")
        #expect((credentials != nil) == (attempts == 2))
        #expect(transport.requests.count == attempts)
        // And it is remembered.
        _ = try? await client.assumeRole(role, sessionName: "s", credentials: keys, source: "test")
        #expect(transport.requests.count == (attempts == 2 ? 3 : 2))
    }

    @Test("Each attempt of a retry is signed at its own time")
    func signsAnew() async throws {
        let clock = SharedValue(Timestamp(seconds: 0))
        var surroundings = surroundings()
        surroundings.now = {
            clock.update {
                $0 = $0 + .seconds(1); return $0
            }
        }
        let transport = AnsweringTransport { _ throws(TransportError) in HTTPResponse(status: 503) }
        let client = try AWSConfiguration(surroundings).stsClient(region: "eu-central-1", transport: transport)
        let keys = Credentials(accessKeyId: "AKIA", secretAccessKey: "S")
        await #expect(throws: AWSError.self) { try await client.getCallerIdentity(credentials: keys) }
        #expect(Set(transport.requests.compactMap { $0.header("x-amz-date") }).count == 3)
    }

    @Test("Who the caller is")
    func identity() async throws {
        let transport = AnsweringTransport { _ throws(TransportError) in
            HTTPResponse(
                status: 200,
                body: Array(
                    """
                    <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                      <GetCallerIdentityResult><Arn>arn:aws:iam::1:user/a&amp;b</Arn><UserId>AIDA</UserId>
                      <Account>000000000001</Account></GetCallerIdentityResult>
                    </GetCallerIdentityResponse>
                    """.utf8))
        }
        let client = try AWSConfiguration(.scripted()).stsClient(region: "cn-north-1", transport: transport)
        let identity = try await client.getCallerIdentity(
            credentials: Credentials(accessKeyId: "AKIA", secretAccessKey: "S"))
        #expect(identity == CallerIdentity(account: "000000000001", arn: "arn:aws:iam::1:user/a&b", userId: "AIDA"))
        #expect(transport.requests.first?.url == "https://sts.cn-north-1.amazonaws.com.cn/")
    }

    @Test("An answer that is none of STS's is an error", arguments: ["", "<html></html>", "{}", "<a>", "<A><B/></A>"])
    func refusesOtherAnswers(body: String) async throws {
        let transport = AnsweringTransport { _ throws(TransportError) in
            HTTPResponse(status: 200, body: Array(body.utf8))
        }
        let client = try AWSConfiguration(.scripted()).stsClient(region: "us-east-1", transport: transport)
        let keys = Credentials(accessKeyId: "AKIA", secretAccessKey: "S")
        let error = await #expect(throws: AWSError.self) { try await client.getCallerIdentity(credentials: keys) }
        #expect(error?.code == .badResponse)
    }

    @Test("The token of a web identity is read anew each time, and the request is not signed")
    func webIdentity() async throws {
        let token = SharedValue("jwt-1")
        var surroundings = Surroundings.scripted([
            "AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            "AWS_ROLE_SESSION_NAME": "pod", "AWS_REGION": "us-east-1",
        ])
        surroundings.readFile = { path throws(FileError) in
            guard path == "/token" else { throw FileError(isMissing: true, reason: "No such file") }
            return Array(token.get().utf8)
        }
        let transport = AnsweringTransport { _ throws(TransportError) in
            Answer.role("AssumeRoleWithWebIdentity", id: "ASIA")
        }
        let source = EnvironmentWebIdentity(
            sts: STSProvider(configuration: try AWSConfiguration(surroundings), transport: transport))
        _ = try await source.load()
        token.update { $0 = "jwt-2" }
        _ = try await source.load()
        #expect(transport.requests.map { $0.form["WebIdentityToken"] } == ["jwt-1", "jwt-2"])
        #expect(transport.requests.map { $0.form["RoleSessionName"] } == ["pod", "pod"])
        #expect(transport.requests.allSatisfy { $0.header("authorization") == nil })
    }

    @Test("Without a region in the settings, STS is that of EC2's; without any, the error says what to set")
    func regionOfSTS() async throws {
        let files = ["/token": "jwt"]
        let variables = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/token", "AWS_ROLE_ARN": "arn:aws:iam::1:role/r"]
        let transport = AnsweringTransport { request throws(TransportError) in
            if request.url.contains("sts") { return Answer.role("AssumeRoleWithWebIdentity", id: "ASIA") }
            return HTTPResponse(status: 200, body: Array((request.method == "PUT" ? "t0k" : "eu-north-1").utf8))
        }
        let onEC2 = EnvironmentWebIdentity(
            sts: STSProvider(
                configuration: try AWSConfiguration(.scripted(variables, files: files)), transport: transport))
        _ = try await onEC2.load()
        #expect(transport.requests.last?.url == "https://sts.eu-north-1.amazonaws.com/")

        let elsewhere = EnvironmentWebIdentity(
            sts: STSProvider(
                configuration: try AWSConfiguration(.scripted(variables, files: files)),
                transport: AnsweringTransport.unreachable))
        let error = await #expect(throws: CredentialsError.self) { try await elsewhere.load() }
        #expect(error?.code == .misconfigured)
        #expect(error?.description.contains("set AWS_REGION") == true)
    }
}
