import Foundation
import Testing

@testable import AWSCore

@Suite("Endpoints are those of AWS's own rules")
struct EndpointConformanceTests {
    private struct Cases: Decodable {
        struct Case: Decodable {
            struct Params: Decodable {
                var Region: String?
                var UseFIPS: Bool?
                var UseDualStack: Bool?
                var Endpoint: String?
                var AccountId: String?
                var AccountIdEndpointMode: String?
                var ResourceArn: String?
                var ResourceArnList: [String]?
                var IsSearchOperation: Bool?
                var UseGlobalEndpoint: Bool?
            }
            struct Expect: Decodable {
                struct Endpoint: Decodable {
                    struct Properties: Decodable {
                        struct Scheme: Decodable {
                            let signingRegion: String?
                        }
                        let authSchemes: [Scheme]?
                    }
                    let url: String
                    let properties: Properties?
                }
                let endpoint: Endpoint?
                let error: String?
            }
            let documentation: String?
            let params: Params?
            let expect: Expect
        }
        let testCases: [Case]
    }

    @Test(
        "Region, FIPS, dual stack and custom endpoint",
        arguments: [
            (AWSService.sqs, 48, 48), (.dynamoDB, 548, 231), (.sts, 69, 52),
        ])
    func resolves(service: AWSService, count: Int, run: Int) throws {
        guard let folder = try ConformanceData.folder("endpoints") else {
            return ConformanceData.reportNotRun(
                "the \(count) endpoint cases of \(service.serviceId) in endpoints.tar.gz")
        }
        let file = folder.appendingPathComponent("endpoints/\(service.serviceId)/endpoint-tests-1.json")
        let cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: file)).testCases
        #expect(cases.count == count)
        var left: [String: Int] = [:]
        for test in cases {
            if let reason = reasonToLeaveOut(test.params ?? .init()) {
                left[reason, default: 0] += 1
            } else {
                check(test, service)
            }
        }
        for (reason, count) in left.sorted(by: { $0.key < $1.key }) {
            ConformanceData.reportLeftOut(
                ["\(count) endpoint cases of \(service.serviceId)"], because: reason)
        }
        #expect(cases.count - left.values.reduce(0, +) == run)
    }

    private func reasonToLeaveOut(_ params: Cases.Case.Params) -> String? {
        if params.UseGlobalEndpoint == true, params.Endpoint == nil {
            return "STS's global endpoint for old regions: regional endpoints are the SDKs' default"
        }
        if params.IsSearchOperation == true { return "DynamoDB's search operations are not among ours" }
        let mode = params.AccountIdEndpointMode ?? "disabled"
        let hasAccount = params.AccountId != nil || params.ResourceArn != nil || params.ResourceArnList != nil
        if params.Endpoint == nil, params.Region != "local", mode == "required" || mode == "preferred" && hasAccount {
            return "DynamoDB's account-based endpoints are optional, and not used"
        }
        return nil
    }

    private func check(_ test: Cases.Case, _ service: AWSService) {
        let params = test.params ?? .init()
        var variables = ["AWS_REGION": params.Region ?? ""]
        variables["AWS_USE_FIPS_ENDPOINT"] = params.UseFIPS.map { "\($0)" }
        variables["AWS_USE_DUALSTACK_ENDPOINT"] = params.UseDualStack.map { "\($0)" }
        let comment = Comment(rawValue: "\(test.documentation ?? ""): \(params)")
        do throws(ConfigurationError) {
            let configuration = try AWSConfiguration(
                .scripted(variables: variables), explicitEndpoint: params.Endpoint)
            let endpoint = try configuration.resolveEndpoint(for: service, region: configuration.region)
            #expect(endpoint.url == test.expect.endpoint?.url, comment)
            if let region = test.expect.endpoint?.properties?.authSchemes?.first?.signingRegion {
                #expect(endpoint.signingRegion == region, comment)
            }
        } catch {
            #expect(test.expect.error != nil, "\(comment): \(error)")
        }
    }

    private struct Precedence: Decodable {
        struct Suite: Decodable {
            struct Case: Decodable {
                struct Output: Decodable {
                    let endpointUrl: String
                }
                let name: String
                let profile: String
                let client_config: String
                let environment: String
                let service: String
                let output: Output
            }
            struct ClientConfig: Decodable {
                let endpoint_url: String?
                let ignore_configured_endpoint_urls: Bool?
            }
            let profiles: [String: [String: String]]
            let services: [String: [String: [String: String]]]
            let client_configs: [String: ClientConfig]
            let environments: [String: [String: String]]
            let endpointUrlTests: [Case]
        }
        let testSuites: [Suite]
    }

    @Test("The precedence of configured endpoints: all 39 cases")
    func precedes() throws {
        guard let folder = try ConformanceData.folder("endpoints") else {
            return ConformanceData.reportNotRun("the 39 cases of configured endpoints in endpoints.tar.gz")
        }
        let file = folder.appendingPathComponent("endpoints/configured_endpoint_urls/profile-tests.json")
        let suites = try JSONDecoder().decode(Precedence.self, from: Data(contentsOf: file)).testSuites
        #expect(suites.flatMap(\.endpointUrlTests).count == 39)
        for suite in suites {
            let config = configFile(suite)
            for test in suite.endpointUrlTests {
                let client = try #require(suite.client_configs[test.client_config])
                var variables = try #require(suite.environments[test.environment])
                variables["HOME"] = "/home/user"
                variables["AWS_PROFILE"] = test.profile
                let configuration = try AWSConfiguration(
                    .scripted(variables: variables, files: ["/home/user/.aws/config": config]),
                    explicitEndpoint: client.endpoint_url,
                    ignoresConfiguredEndpoints: client.ignore_configured_endpoint_urls)
                let service = AWSService(
                    serviceId: test.service, signingName: test.service, endpointPrefix: test.service)
                let endpoint = try configuration.resolveEndpoint(for: service, region: configuration.region)
                #expect(endpoint.url == test.output.endpointUrl, Comment(rawValue: test.name))
            }
        }
    }

    private func configFile(_ suite: Precedence.Suite) -> String {
        var lines: [String] = []
        for (name, properties) in suite.profiles {
            lines.append("[profile \(name)]")
            lines += properties.map { "\($0.key) = \($0.value)" }
        }
        for (name, services) in suite.services {
            lines.append("[services \(name)]")
            for (service, properties) in services {
                lines.append("\(service) =")
                lines += properties.map { "    \($0.key) = \($0.value)" }
            }
        }
        return lines.joined(separator: "\n")
    }
}
