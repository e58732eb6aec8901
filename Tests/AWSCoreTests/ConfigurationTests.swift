import Testing

@testable import AWSCore

@Suite("Configuration")
struct ConfigurationTests {
    private func configuration(
        _ variables: [String: String] = [:], config: String = "", explicitEndpoint: String? = nil
    ) throws(ConfigurationError) -> AWSConfiguration {
        try AWSConfiguration(
            .scripted(variables.merging(["HOME": "/h"]) { own, _ in own }, files: ["/h/.aws/config": config]),
            explicitEndpoint: explicitEndpoint)
    }

    @Test(
        "The region: AWS_REGION, AWS_DEFAULT_REGION, the profile; empty is unset",
        arguments: [
            (["AWS_REGION": "r-1", "AWS_DEFAULT_REGION": "r-2"], "r-1", "AWS_REGION"),
            (["AWS_REGION": "", "AWS_DEFAULT_REGION": "r-2"], "r-2", "AWS_DEFAULT_REGION"),
            ([:], "r-3", "region of the profile default"),
            (["AWS_PROFILE": "other"], nil, nil),
        ] as [([String: String], String?, String?)])
    func region(variables: [String: String], region: String?, source: String?) throws {
        let read = try configuration(variables, config: "[default]\nregion = r-3\n[profile other]")
        #expect(read.region == region)
        #expect(read.regionSource == source)
    }

    @Test(
        "A value that is not accepted is an error that names the setting, the value and what to do",
        arguments: [
            (["AWS_REGION": "us-east-1.evil.example"], "", "AWS_REGION is \"us-east-1.evil.example\""),
            (["AWS_REGION": "-x"], "", "AWS_REGION is \"-x\""),
            ([:], "[default]\nregion = a/b", "region of the profile default is \"a/b\""),
            (["AWS_MAX_ATTEMPTS": "0"], "", "AWS_MAX_ATTEMPTS is \"0\""),
            (["AWS_MAX_ATTEMPTS": "many"], "", "AWS_MAX_ATTEMPTS is \"many\""),
            ([:], "[default]\nmax_attempts = -1", "max_attempts of the profile default is \"-1\""),
            (["AWS_USE_FIPS_ENDPOINT": "yes"], "", "AWS_USE_FIPS_ENDPOINT is \"yes\""),
            (["AWS_PROFILE": "nowhere"], "", "AWS_PROFILE names the profile nowhere"),
            (["HTTPS_PROXY": "http://"], "", "HTTPS_PROXY is no proxy"),
            ([:], "[default", "/h/.aws/config, line 1"),
        ] as [([String: String], String, String)])
    func refuses(variables: [String: String], config: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try configuration(variables, config: config) }
        #expect(error?.message.contains(message) == true, "\(error?.description ?? "")")
        #expect(error?.advice.isEmpty == false)
    }

    @Test("A shared file that is there and cannot be read is an error; one that is not there is as good as empty")
    func unreadable() throws {
        var surroundings = Surroundings.scripted(["AWS_CONFIG_FILE": "~/x", "HOME": "/h"])
        #expect(try AWSConfiguration(surroundings).region == nil)
        surroundings.readFile = { path throws(FileError) in
            throw FileError(isMissing: false, reason: "Permission denied")
        }
        let error = #expect(throws: ConfigurationError.self) { try AWSConfiguration(surroundings) }
        #expect(error?.message == "cannot read /h/x: Permission denied")
    }

    @Test("Attempts, certificates, FIPS and dual stack come from the environment, else the profile")
    func settings() throws {
        let config = """
            [default]
            max_attempts = 7
            ca_bundle = ~/ca.pem
            use_fips_endpoint = TRUE
            use_dualstack_endpoint = true
            """
        let profile = try configuration(config: config)
        #expect(profile.maxAttempts == 7)
        #expect(profile.caBundle == "/h/ca.pem")
        #expect(profile.usesFIPS)
        #expect(profile.usesDualStack)
        let environment = try configuration(
            [
                "AWS_MAX_ATTEMPTS": "2", "AWS_CA_BUNDLE": "/ca.pem", "AWS_USE_FIPS_ENDPOINT": "false",
                "AWS_USE_DUALSTACK_ENDPOINT": "False",
            ], config: config)
        #expect(environment.maxAttempts == 2)
        #expect(environment.caBundle == "/ca.pem")
        #expect(!environment.usesFIPS)
        #expect(!environment.usesDualStack)
        let nothing = try configuration()
        #expect(nothing.maxAttempts == nil)
        #expect(nothing.caBundle == nil)
    }

    @Test(
        "The proxy: lower case wins, a scheme is added, exceptions are a list",
        arguments: [
            ([:], nil, []), (["HTTPS_PROXY": "http://a:1"], "http://a:1", []),
            (["HTTPS_PROXY": "http://a:1", "https_proxy": "b:2"], "http://b:2", []),
            (["HTTPS_PROXY": ""], nil, []), (["HTTP_PROXY": "http://a:1"], nil, []),
            (
                ["https_proxy": "socks5h://a", "NO_PROXY": "localhost, .example.com,10.0.0.0/8 ,"], "socks5h://a",
                ["localhost", ".example.com", "10.0.0.0/8"]
            ),
            (["NO_PROXY": "a", "no_proxy": "b"], nil, ["b"]),
        ] as [([String: String], String?, [String])])
    func proxy(variables: [String: String], https: String?, exceptions: [String]) throws {
        let read = try configuration(variables)
        #expect(read.proxy.https == https)
        #expect(read.proxy.noProxy == exceptions)
    }

    @Test("An endpoint that is set loses its slash, and says which setting it came from")
    func endpointSource() throws {
        let read = try configuration(["AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:4566/", "AWS_ENDPOINT_URL": "http://x"])
        let sqs = try read.resolveEndpoint(for: .sqs, region: nil)
        #expect(
            sqs
                == ServiceEndpoint(
                    url: "http://127.0.0.1:4566", signingRegion: "us-east-1", source: "AWS_ENDPOINT_URL_SQS"))
        #expect(try read.resolveEndpoint(for: .dynamoDB, region: "eu-west-1").source == "AWS_ENDPOINT_URL")
        #expect(try read.endpoint(for: .sts, region: "eu-west-1") == "http://x")
    }

    @Test("An endpoint that is no URL is an error", arguments: ["127.0.0.1:4566", "http://", "ftp://x", "http://a b"])
    func refusesEndpoint(url: String) throws {
        let read = try configuration(["AWS_ENDPOINT_URL": url])
        let error = #expect(throws: ConfigurationError.self) { try read.endpoint(for: .sqs, region: "us-east-1") }
        #expect(error?.message.contains("AWS_ENDPOINT_URL") == true)
    }

    @Test(
        "Regions of every partition have its domain",
        arguments: [
            ("mx-central-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn"), ("us-gov-west-1", "amazonaws.com"),
            ("eusc-de-east-1", "amazonaws.eu"), ("us-iso-east-1", "c2s.ic.gov"), ("us-isob-east-1", "sc2s.sgov.gov"),
            ("eu-isoe-west-1", "cloud.adc-e.uk"), ("us-isof-south-1", "csp.hci.ic.gov"), ("xx-new-1", "amazonaws.com"),
        ])
    func partitions(region: String, suffix: String) throws {
        #expect(try configuration().endpoint(for: .sqs, region: region) == "https://sqs.\(region).\(suffix)")
    }

    @Test("Real files are read whole; what is no file, or too large, is refused")
    func files() throws {
        #expect(throws: FileError(isMissing: true, reason: "No such file or directory")) {
            try SmallFile.read("/no/such/file")
        }
        #expect(throws: FileError.self) { try SmallFile.read("/") }
        let endless = #expect(throws: FileError.self) { try SmallFile.read("/dev/zero") }
        #expect(endless?.reason.contains("larger than") == true)
        #expect(try SmallFile.read("/dev/null").isEmpty)
    }

    @Test("A client has the endpoint, the region of signatures and the attempts that are configured")
    func client() async throws {
        let read = try configuration([
            "AWS_REGION": "local", "AWS_MAX_ATTEMPTS": "2", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "S",
            "HTTPS_PROXY": "http://p:1", "NO_PROXY": "a,b", "AWS_CA_BUNDLE": "/ca.pem",
        ])
        let options = read.transportOptions
        #expect(options.caBundle == "/ca.pem")
        #expect(options.httpsProxy == "http://p:1")
        #expect(options.noProxy == "a,b")
        let transport = AnsweringTransport { _ throws(TransportError) in HTTPResponse(status: 503) }
        let client = try read.client(
            for: .dynamoDB, region: "local", credentials: read.credentialsProvider(transport: transport),
            transport: transport)
        await #expect(throws: AWSError.self) { try await client.call("ListTables", body: Array("{}".utf8)) }
        #expect(transport.requests.map(\.url) == ["http://localhost:8000/", "http://localhost:8000/"])
        #expect(transport.requests.first?.header("authorization")?.contains("/us-east-1/dynamodb/") == true)
    }
}
