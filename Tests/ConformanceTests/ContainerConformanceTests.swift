import Foundation
import Testing

@testable import AWSCore

@Suite("Container endpoints are those that the SDKs ask")
struct ContainerConformanceTests {
    private struct Cases: Decodable {
        struct Case: Decodable {
            struct Result: Decodable {
                let Ok: String?
                let ErrorContains: String?
            }
            let docs: String
            let env: [String: String]
            let result: Result
        }
        let tests: [Case]
    }

    @Test("All 11 cases")
    func endpoints() throws {
        guard let folder = try ConformanceData.folder("config") else {
            return ConformanceData.reportNotRun("the 11 container endpoints of config.tar.gz")
        }
        let file = folder.appendingPathComponent("aws-config/ecs-tests.json")
        let cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: file)).tests
        #expect(cases.count == 11)
        for test in cases {
            let comment = Comment(rawValue: test.docs)
            let source = ContainerCredentials(
                surroundings: .scripted(variables: test.env), transport: RecordedTransport([]))
            do throws(CredentialsError) {
                let endpoint = try source.endpoint()
                #expect(endpoint == test.result.Ok, comment)
            } catch {
                #expect(test.result.ErrorContains.map(error.description.contains) == true, comment)
            }
        }
    }
}
