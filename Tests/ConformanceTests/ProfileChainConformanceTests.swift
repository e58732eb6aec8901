import Foundation
import Testing

@testable import AWSCore

@Suite("Profiles lead to the credentials and roles that they should")
struct ProfileChainConformanceTests {
    private struct Case: Decodable {
        struct Input: Decodable {
            let profiles: [String: [String: String]]
            let sso_sessions: [String: [String: String]]?
            let selected_profile: String
        }
        struct Output: Decodable {
            let ProfileChain: [[String: Link]]?
            let Error: String?
        }
        let docs: String
        let input: Input
        let output: Output
    }

    /// A link of the chain: an object of strings, or the name of a source.
    private enum Link: Decodable {
        case fields([String: String])
        case name(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let name = try? container.decode(String.self) {
                self = .name(name)
            } else {
                self = .fields(try container.decode([String: String].self))
            }
        }
    }

    @Test("All 28 chains")
    func chains() throws {
        guard let folder = try ConformanceData.folder("config") else {
            return ConformanceData.reportNotRun("the 28 chains of config.tar.gz")
        }
        let file = folder.appendingPathComponent("aws-config/assume-role-tests.json")
        let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: file))
        #expect(cases.count == 28)
        for test in cases {
            let comment = Comment(rawValue: test.docs)
            let profiles = ProfileSet(profiles: test.input.profiles, ssoSessions: test.input.sso_sessions ?? [:])
            do {
                let chain = try ProfileChain(profiles, selected: test.input.selected_profile)
                let expected = try #require(test.output.ProfileChain, comment)
                #expect(try base(expected[0]) == chain.base, comment)
                #expect(accountId(expected[0]) == chain.accountId, comment)
                #expect(try expected.dropFirst().map(role) == chain.roles, comment)
            } catch let error as ProfileChain.Failure {
                let expected = try #require(test.output.Error, comment)
                #expect(error.reason.contains(expected), comment)
            }
        }
    }

    private func base(_ link: [String: Link]) throws -> ProfileChain.Base {
        guard let (kind, link) = link.first else { throw SupportError(description: "an empty link") }
        switch (kind, link) {
        case ("AccessKey", .fields(let fields)):
            return .keys(
                accessKeyId: try #require(fields["access_key_id"]),
                secretAccessKey: try #require(fields["secret_access_key"]), sessionToken: nil)
        case ("NamedSource", .name(let name)):
            return .named(name)
        case ("WebIdentityToken", .fields(let fields)):
            return .webIdentity(
                try role(fields: fields), tokenFile: try #require(fields["web_identity_token_file"]))
        case ("Sso", .fields(let fields)):
            return .sso(session: fields["sso_session"])
        default: throw SupportError(description: "an unknown link: \(kind)")
        }
    }

    private func accountId(_ link: [String: Link]) -> String? {
        guard case .fields(let fields)? = link["AccessKey"] else { return nil }
        return fields["account_id"]
    }

    private func role(_ link: [String: Link]) throws -> ProfileChain.Role {
        guard case .fields(let fields)? = link["AssumeRole"] else {
            throw SupportError(description: "an unknown link: \(link)")
        }
        return try role(fields: fields)
    }

    private func role(fields: [String: String]) throws -> ProfileChain.Role {
        ProfileChain.Role(
            arn: try #require(fields["role_arn"]), externalId: fields["external_id"],
            sessionName: fields["role_session_name"])
    }
}
