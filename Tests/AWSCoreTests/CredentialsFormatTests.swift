import Testing

@testable import AWSCore

@Suite("Documents that credentials come in")
struct CredentialsFormatTests {
    @Test(
        "Dates of RFC 3339",
        arguments: [
            ("2021-08-05T19:58:02Z", 1_628_193_482_000), ("2022-05-02T18:36:00+00:00", 1_651_516_560_000),
            ("1970-01-01T00:00:00.5Z", 500), ("1970-01-01T00:00:00.123456Z", 123),
            ("1970-01-01T02:30:00+02:30", 0), ("1969-12-31T19:00:00-05:00", 0),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2021-08-05", nil), ("2021-13-05T19:58:02Z", nil), ("2021-08-05T19:58:02", nil),
            ("2021-08-05T19:58:02Zx", nil), ("2021-08-05T19:58:02.Z", nil), ("20210805T195802Z00000", nil), ("", nil),
        ] as [(String, Int64?)])
    func dates(text: String, milliseconds: Int64?) {
        #expect(Timestamp(iso8601: text)?.milliseconds == milliseconds)
    }

    @Test(
        "XML that is not of STS's kind is refused: nothing expands, nothing runs deep",
        arguments: [
            "", "x", "<a>", "<a></b>", "<a/><b/>", "<a>&x;</a>", "<a>&#xD800;</a>", "<a b></a>", "<a b=\"<\"/>",
            "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<a><![CDATA[x]]></a>", "<a><!-- x --></a>", "<a>\u{0}</a",
            String(repeating: "<a>", count: 17) + String(repeating: "</a>", count: 17),
        ])
    func refusesXML(text: String) {
        #expect(XMLElement(document: Array(text.utf8)) == nil)
    }

    @Test("Elements, text, entities and attributes")
    func readsXML() throws {
        let text = "<?xml version='1.0'?>\n<r x='1' y = \"a>b\"><k> a&lt;&#65;&#x42;&amp; </k><e/><k>2</k></r>\n"
        let root = try #require(XMLElement(document: Array(text.utf8)))
        #expect(root.name == "r")
        #expect(root["k"]?.text == "a<AB&")
        #expect(root["e"]?.text == "")
        #expect(root.children.map(\.name) == ["k", "e", "k"])
    }

    @Test(
        "JSON that holds no credentials says what it lacks",
        arguments: [
            ("", "invalid JSON"), ("[]", "not a JSON object"), ("{}", "AccessKeyId is missing"),
            (#"{"AccessKeyId":"a"}"#, "SecretAccessKey is missing"),
            (#"{"AccessKeyId":"a","SecretAccessKey":""}"#, "SecretAccessKey is missing"),
            (#"{"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"soon"}"#, "Expiration is no date"),
            (#"{"Code":"AssumeRoleUnauthorizedAccess"}"#, "AssumeRoleUnauthorizedAccess"),
        ])
    func refusesJSON(text: String, reason: String) {
        let error = #expect(throws: CredentialsJSON.Failure.self) {
            _ = try CredentialsJSON(Array(text.utf8), tokenKey: "Token")
        }
        #expect(error?.reason.contains(reason) == true)
    }
}
