import Foundation
import Testing

@testable import AWSCore

@Suite("Shared files are read by the rules of AWS's SDKs")
struct ProfileFileConformanceTests {
    private struct Cases: Decodable {
        struct Case: Decodable {
            struct Input: Decodable {
                let configFile: String?
                let credentialsFile: String?
            }
            struct Output: Decodable {
                struct Config: Decodable {
                    let profiles: [String: [String: String]]
                    let sso_sessions: [String: [String: String]]?
                }
                let config: Config?
                let errorContaining: String?
            }
            let name: String
            let input: Input
            let output: Output
        }
        let tests: [Case]
    }

    @Test("All 65 files parse to the profiles, or are refused for the reason, that they should")
    func parses() throws {
        guard let folder = try ConformanceData.folder("config") else {
            return ConformanceData.reportNotRun("the 65 profile files of config.tar.gz")
        }
        let file = folder.appendingPathComponent("test-data/profile-parser-tests.json")
        let cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: file)).tests
        #expect(cases.count == 65)
        for test in cases {
            let files = [
                "/home/user/.aws/config": test.input.configFile,
                "/home/user/.aws/credentials": test.input.credentialsFile,
            ].compactMapValues { $0 }
            let comment = Comment(rawValue: test.name)
            do {
                let read = try SharedFiles(.scripted(variables: ["HOME": "/home/user"], files: files)).profiles
                #expect(read.profiles == test.output.config?.profiles, comment)
                #expect(read.ssoSessions == test.output.config?.sso_sessions ?? [:], comment)
            } catch {
                let expected = try #require(test.output.errorContaining, comment)
                #expect(error.description.contains(expected), comment)
                #expect(error.description.contains("/home/user/.aws/"), comment)
            }
        }
    }

    private struct Locations: Decodable {
        struct Case: Decodable {
            let name: String
            let environment: [String: String]
            let platform: String
            let profile: String?
            let configLocation: String
            let credentialsLocation: String
        }
        let tests: [Case]
    }

    @Test("The files and the profile are where the environment says: 4 cases of 9; the others are of Windows")
    func locates() throws {
        guard let folder = try ConformanceData.folder("config") else {
            return ConformanceData.reportNotRun("the 9 file locations of config.tar.gz")
        }
        let file = folder.appendingPathComponent("test-data/file-location-tests.json")
        let cases = try JSONDecoder().decode(Locations.self, from: Data(contentsOf: file)).tests
        #expect(cases.count == 9)
        var left: [String] = []
        for test in cases {
            guard test.platform != "windows" else {
                left.append(test.name)
                continue
            }
            let files = [test.configLocation: "[profile other]"]
            let configuration = try AWSConfiguration(.scripted(variables: test.environment, files: files))
            let comment = Comment(rawValue: test.name)
            #expect(configuration.files.configPath == test.configLocation, comment)
            #expect(configuration.files.credentialsPath == test.credentialsLocation, comment)
            #expect(configuration.profileName == test.profile ?? "default", comment)
        }
        ConformanceData.reportLeftOut(left, because: "this library does not run on Windows")
        #expect(left.count == 5)
    }
}
