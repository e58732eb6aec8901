import AWSCore
import ArgumentParser
import Operations
import Testing

private struct Sample: ParsableCommand {
    @Option("linger", env: "SAMPLE_LINGER", default: "100ms", help: "How long to wait.")
    var linger: Duration
    @Option("size", env: "SAMPLE_SIZE", default: "64000", from: ("1", "1MiB"), help: "How much to take.")
    var size: ByteCount
    @Option("listen", env: "SAMPLE_LISTEN", default: "127.0.0.1:7001", help: "Where to listen.")
    var listen: ListenAddress
    @Option("proxies", env: "SAMPLE_PROXIES", unset: "none", help: "Whom to trust.")
    var proxies: [CIDRBlock]?
    @Option("format", env: "SAMPLE_FORMAT", unset: "as the terminal says", help: "How it looks.")
    var format: LogFormat?

    static func read(_ arguments: [String], _ environment: [String: String] = [:]) throws -> Sample? {
        try Settings.parse(Sample.self, arguments: arguments, environment: environment) as? Sample
    }
}

struct SettingsTests {
    @Test(
        "A flag wins over the environment, the environment over the default, and an empty variable is unset",
        arguments: [
            ([], [:], Duration.milliseconds(100)),
            ([], ["SAMPLE_LINGER": ""], .milliseconds(100)),
            ([], ["SAMPLE_LINGER": "2s"], .seconds(2)),
            (["--linger", "3s"], ["SAMPLE_LINGER": "2s"], .seconds(3)),
            (["--linger=3s"], [:], .seconds(3)),
            (["--linger=3s"], ["SAMPLE_LINGER": "nonsense"], .seconds(3)),
        ] as [([String], [String: String], Duration)])
    func precedence(arguments: [String], environment: [String: String], expected: Duration) throws {
        #expect(try Sample.read(arguments, environment)?.linger == expected)
    }

    @Test(
        "A bad value ends with status 64 and one message that names the option, the value and what is accepted",
        arguments: [
            (["--linger", "10x"], [:], ["--linger", "'10x'", "accepted is a duration such as 250ms"]),
            ([], ["SAMPLE_LINGER": "10x"], ["--linger", "SAMPLE_LINGER", "'10x'", "accepted is a duration"]),
            (["--size", "2MiB"], [:], ["--size", "'2MiB'", "from 1 to 1MiB"]),
            ([], ["SAMPLE_SIZE": "0"], ["--size", "SAMPLE_SIZE", "'0'", "from 1 to 1MiB"]),
            (["--listen", "example.com:80"], [:], ["--listen", "'example.com:80'", "[::1]:7001"]),
            ([], ["SAMPLE_PROXIES": "10.0.0.0/8,x"], ["--proxies", "'10.0.0.0/8,x'", "a list with commas"]),
            (["--format", "xml"], [:], ["--format", "'xml'", "text or json"]),
            ([], ["SAMPLE_FORMAT": "a\u{1b}[31m"], ["--format", "'a\\u{1b}[31m'"]),
        ] as [([String], [String: String], [String])])
    func badValue(arguments: [String], environment: [String: String], parts: [String]) {
        let error = #expect(throws: (any Error).self) { try Sample.read(arguments, environment) }
        guard let error else { return }
        #expect(Sample.exitCode(for: error) == .usage)
        for part in parts { #expect(Sample.message(for: error).contains(part)) }
    }

    @Test("The help names flag, variable and default")
    func help() {
        let text = Sample.helpMessage(columns: 200)
        for part in ["--linger", "env: SAMPLE_LINGER", "default: 100ms", "--proxies", "default: none"] {
            #expect(text.contains(part))
        }
    }

    @Test(
        "Durations",
        arguments: [
            ("250ms", .milliseconds(250)), ("20s", .seconds(20)), ("5m", .seconds(300)), ("12h", .seconds(43_200)),
            ("395d", .seconds(395 * 86_400)), ("0", .zero), ("0s", .zero),
            ("", nil), ("5", nil), ("s", nil), ("-1s", nil), ("+1s", nil), ("1.5s", nil), ("5 s", nil), ("5S", nil),
            ("99999999999999999999s", nil), ("9223372036854775807d", nil), ("400000d", nil), ("٣s", nil),
        ] as [(String, Duration?)])
    func duration(text: String, expected: Duration?) {
        #expect(Duration(setting: text) == expected)
    }

    @Test(
        "Sizes",
        arguments: [
            ("64000", 64_000), ("256KiB", 262_144), ("1MiB", 1_048_576), ("1GiB", 1_073_741_824), ("0", 0),
            ("", nil), ("KiB", nil), ("1KB", nil), ("1kib", nil), ("-1", nil), ("9223372036854775807GiB", nil),
        ] as [(String, Int?)])
    func size(text: String, expected: Int?) {
        #expect(ByteCount(setting: text)?.bytes == expected)
    }

    @Test(
        "Listen addresses",
        arguments: [
            ("127.0.0.1:7001", "127.0.0.1:7001"), ("[::1]:80", "[::1]:80"), (":80", "0.0.0.0:80"),
            ("localhost:0", "127.0.0.1:0"), ("[::]:65535", "[::]:65535"),
            ("", nil), ("80", nil), ("::1:80", nil), ("[127.0.0.1]:80", nil), ("127.0.0.1:", nil),
            ("127.0.0.1:65536", nil), ("127.0.0.1:-1", nil), ("host:80", nil), ("[::1]", nil), ("[::1%lo]:80", nil),
        ] as [(String, String?)])
    func listenAddress(text: String, expected: String?) {
        #expect(ListenAddress(setting: text)?.description == expected)
    }

    @Test(
        "Blocks of addresses",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.128/25", "192.0.2.200", true),
            ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false), ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false), ("fd00::/8", "fdff::1", true), ("fd00::/8", "fe00::1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true),
        ])
    func block(block: String, address: String, isInside: Bool) throws {
        let block = try #require(CIDRBlock(setting: block))
        let address = try #require(IPAddress(address))
        #expect(block.contains(address) == isInside)
    }

    @Test("No blocks", arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "fd00::/129", "10.0.0.0/", "x/8"])
    func noBlock(text: String) {
        #expect(CIDRBlock(setting: text) == nil)
    }

    @Test("Lists allow spaces around elements and refuse empty ones")
    func lists() {
        #expect([CIDRBlock](setting: "10.0.0.0/8, fd00::/8")?.count == 2)
        #expect([CIDRBlock](setting: "10.0.0.0/8,,fd00::/8") == nil)
        #expect([String](setting: "https://a.example,https://b.example") == ["https://a.example", "https://b.example"])
    }

    @Test("The process's environment is read")
    func environment() {
        #expect(ProcessEnvironment.all()["PATH"]?.isEmpty == false)
    }

    @Test("As many files as the operating system allows may be open")
    func openFiles() throws {
        ProcessLimits.raiseOpenFiles()
        let before = try #require(ProcessLimits.openFiles())
        ProcessLimits.raiseOpenFiles()
        #expect(ProcessLimits.openFiles() == before)
    }
}
