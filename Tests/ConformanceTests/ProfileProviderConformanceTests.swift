import Foundation
import Testing

@testable import AWSCore

@Suite("Whole profiles give the credentials that AWS's SDKs find, over the same requests")
struct ProfileProviderConformanceTests {
    private struct TestCase: Decodable {
        struct Result: Decodable {
            struct Keys: Decodable {
                let access_key_id: String
                let secret_access_key: String
                let session_token: String?
                let account_id: String?
                let expiry: Int64?
            }
            let Ok: Keys?
            let ErrorContains: String?
        }
        let name: String
        let docs: String
        let result: Result
    }

    /// Profiles that sign in through IAM Identity Center would work elsewhere; here they are refused, with advice.
    private static let refused: Set = ["sso_credentials", "sso_override_global_env_url"]

    /// Where our words differ from smithy-rs's: what ours say.
    private static let ownWords = [
        "empty_config": "No profiles were defined",
        "credential_process_failure": "credential_process ended with status 1",
        "credential_process_invalid": "credential_process: invalid JSON in response",
        "sso_credentials": "credential_process = aws configure export-credentials",
        "sso_override_global_env_url": "credential_process = aws configure export-credentials",
        "sso_token": "which needs a person with a browser",
        "invalid_sso_credentials_config": "which needs a person with a browser",
    ]

    @Test("All 18 profiles, replayed")
    func replays() async throws {
        guard let folder = try ConformanceData.folder("config") else {
            return ConformanceData.reportNotRun("the 18 whole profiles of config.tar.gz")
        }
        let cases = try FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent("aws-config/profile-provider"), includingPropertiesForKeys: nil)
        #expect(cases.count == 18)
        for folder in cases.sorted(by: { $0.path < $1.path }) {
            try await replay(folder)
        }
        ConformanceData.reportLeftOut(
            Self.refused.sorted().map { "the answer of \($0)" },
            because: "profiles of IAM Identity Center are refused with advice, which is checked instead")
    }

    private func replay(_ folder: URL) async throws {
        func decoded<Value: Decodable>(_ type: Value.Type, _ file: String) throws -> Value {
            try JSONDecoder().decode(type, from: Data(contentsOf: folder.appendingPathComponent(file)))
        }
        let name = folder.lastPathComponent
        let comment = Comment(rawValue: name)
        let test = try decoded(TestCase.self, "test-case.json")
        let isRefused = Self.refused.contains(name)
        let transport = RecordedTransport(
            isRefused ? [] : try decoded(RecordedTraffic.self, "http-traffic.json").exchanges())
        var surroundings = Surroundings.scripted(
            variables: try decoded([String: String].self, "env.json"),
            files: try Self.files(folder.appendingPathComponent("fs")), now: Timestamp(seconds: 1_628_000_000))
        surroundings.run = { command, variables async throws(CommandError) in
            // With a path, as the recorded environment has none.
            try await ShellCommand.run(command, variables: variables.merging(["PATH": "/usr/bin:/bin"]) { $1 })
        }
        do {
            let configuration = try AWSConfiguration(surroundings)
            let sts = STSProvider(configuration: configuration, transport: transport)
            let provider = ProfileCredentials(
                sts: sts,
                metadata: InstanceMetadata(surroundings: surroundings, profile: [:], transport: transport))
            let credentials = try await provider.load()
            let expected = try #require(test.result.Ok, comment)
            #expect(!isRefused, comment)
            #expect(credentials.accessKeyId == expected.access_key_id, comment)
            #expect(credentials.secretAccessKey == expected.secret_access_key, comment)
            #expect(credentials.sessionToken == expected.session_token, comment)
            #expect(credentials.accountId == expected.account_id, comment)
            #expect(credentials.expiration == expected.expiry.map { Timestamp(seconds: $0) }, comment)
        } catch let error as any CustomStringConvertible {
            #expect(test.result.ErrorContains != nil || isRefused, "\(name): \(error)")
            let words = Self.ownWords[name] ?? test.result.ErrorContains ?? ""
            #expect(error.description.contains(words), comment)
        }
        #expect(transport.mismatches == [], comment)
        #expect(transport.unused == 0, comment)
    }

    private static func files(_ folder: URL) throws -> [String: String] {
        var files: [String: String] = [:]
        guard let paths = FileManager.default.enumerator(atPath: folder.path) else { return files }
        for case let path as String in paths {
            let file = folder.appendingPathComponent(path)
            if (try? file.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile == true {
                files["/\(path)"] = try String(contentsOf: file, encoding: .utf8)
            }
        }
        return files
    }
}
