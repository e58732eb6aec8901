import Testing

@testable import Catcher

@Suite("Origins")
struct OriginTests {
    @Test(
        "an origin is taken as browsers serialise it",
        arguments: [
            ("https://example.com", "https://example.com"), ("HTTPS://Example.COM", "https://example.com"),
            ("https://example.com:443", "https://example.com"), ("http://example.com:80", "http://example.com"),
            ("http://example.com:443", "http://example.com:443"), ("http://localhost:8080", "http://localhost:8080"),
            ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"), ("https://[::1]", "https://[::1]"),
            ("capacitor://localhost", "capacitor://localhost"), ("https://xn--bcher-kva.example", nil),
            ("null", "null"), ("NULL", "null"),
        ])
    func taken(_ text: String, _ serialised: String?) {
        #expect(Origin(setting: text)?.text == serialised ?? text)
    }

    @Test(
        "what no browser sends is refused",
        arguments: [
            "", "example.com", "https://", "https://example.com/", "https://example.com/a", "https://example.com?a",
            "https://*.example.com", "*", "https://a@example.com", "https://example.com:", "https://example.com:0",
            "https://example.com:65536", "https://example.com:x", "https://bücher.example", "https://exa mple.com",
            "1http://a.example", "https://[::1", "https://[x]", "https:/example.com", "https://a.example,",
        ])
    func refused(_ text: String) throws {
        #expect(Origin(setting: text) == nil)
        let file = "{\"k\":{\"project\":\"p\",\"origins\":[\"https://a.example\",\"\(text)\"]}}"
        let error = try #require(throws: WriteKeysError.self) { try WriteKeys(json: Array(file.utf8)) }
        #expect(error.description.contains("'\(text)' of key 1"))
        #expect(error.description.contains("https://example.com"))
    }

    @Test("letters' case is no difference, in options and in keys")
    func cases() throws {
        let policy = OriginPolicy([Origin(setting: "https://A.Example")].compactMap { $0 })
        #expect(policy.allows("https://a.example") && policy.allows("HTTPS://a.EXAMPLE"))
        #expect(!policy.allows("https://b.example"))
        let file = "{\"k\":{\"project\":\"p\",\"origins\":[\"https://A.Example\"]}}"
        #expect(try WriteKeys(json: Array(file.utf8)).someAllows("https://a.example"))
    }
}
