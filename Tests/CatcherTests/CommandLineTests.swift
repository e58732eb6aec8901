import AWSCore
import ArgumentParser
import Operations
import Testing

@testable import Catcher

@Suite("The catcher's command line")
struct CommandLineTests {
    static func parse(_ arguments: [String], _ environment: [String: String] = [:]) throws -> any ParsableCommand {
        try Settings.parse(CatcherCommand.self, arguments: arguments, environment: environment)
    }

    static func options(_ arguments: [String], _ environment: [String: String] = [:]) throws -> CatcherOptions {
        try #require(try parse(["serve"] + arguments, environment) as? ServeCommand).options
    }

    /// An option: its flag, its variable, how its value is told, its default, another value, what it refuses.
    struct Known: Sendable, CustomTestStringConvertible {
        let flag: String
        let variable: String
        let fallback: String
        let other: String
        var shown: String?
        var refused: [String] = []
        let read: @Sendable (CatcherOptions) -> String
        var testDescription: String { flag }
    }

    static let all: [Known] = [
        Known(
            flag: "--listen", variable: "CATCHER_LISTEN", fallback: "127.0.0.1:7001", other: "[::1]:1", refused: ["h:1"]
        ) {
            "\($0.listen)"
        },
        Known(
            flag: "--admin", variable: "CATCHER_ADMIN", fallback: "127.0.0.1:7002", other: "0.0.0.0:2", refused: ["7"]
        ) {
            "\($0.admin)"
        },
        Known(flag: "--queue", variable: "BEACON_QUEUE", fallback: "beacons", other: "q") { $0.queue },
        Known(
            flag: "--linger", variable: "CATCHER_LINGER", fallback: "100ms", other: "0", shown: "0s",
            refused: ["1", "61s", "5s"]
        ) { $0.linger.settingText },
        Known(
            flag: "--ack-timeout", variable: "CATCHER_ACK_TIMEOUT", fallback: "5s", other: "5m", shown: "300s",
            refused: ["9ms", "301s", "100ms"]
        ) { $0.ackTimeout.settingText },
        Known(
            flag: "--max-message-bytes", variable: "CATCHER_MAX_MESSAGE_BYTES", fallback: "64000", other: "1MiB",
            shown: "1048576", refused: ["1023", "1048577"]
        ) { "\($0.maxMessageBytes.bytes)" },
        Known(
            flag: "--max-body-bytes", variable: "CATCHER_MAX_BODY_BYTES", fallback: "262144", other: "16MiB",
            shown: "16777216", refused: ["0", "17MiB"]
        ) { "\($0.maxBodyBytes.bytes)" },
        Known(
            flag: "--max-pending-bytes", variable: "CATCHER_MAX_PENDING_BYTES", fallback: "67108864", other: "1",
            refused: ["0", "1025GiB"]
        ) { "\($0.maxPendingBytes.bytes)" },
        Known(
            flag: "--max-connections", variable: "CATCHER_MAX_CONNECTIONS", fallback: "16384", other: "1",
            refused: ["0", "1000001"]
        ) { "\($0.maxConnections)" },
        Known(
            flag: "--idle-timeout", variable: "CATCHER_IDLE_TIMEOUT", fallback: "75s", other: "1h", shown: "3600s",
            refused: ["999ms", "61m"]
        ) { $0.idleTimeout.settingText },
        Known(
            flag: "--drain-delay", variable: "CATCHER_DRAIN_DELAY", fallback: "0s", other: "24s",
            refused: ["x", "25s", "30s"]
        ) { $0.drainDelay.settingText },
        Known(flag: "--spool", variable: "CATCHER_SPOOL", fallback: "-", other: "/s") { $0.spool ?? "-" },
        Known(
            flag: "--spool-after", variable: "CATCHER_SPOOL_AFTER", fallback: "1s", other: "1ms", refused: ["0", "6m"]
        ) { $0.spoolAfter.settingText },
        Known(
            flag: "--spool-max-bytes", variable: "CATCHER_SPOOL_MAX_BYTES", fallback: "1073741824", other: "1",
            refused: ["0", "1025GiB"]
        ) { "\($0.spoolMaxBytes.bytes)" },
        Known(flag: "--write-keys", variable: "CATCHER_WRITE_KEYS", fallback: "-", other: "/k") {
            $0.writeKeys ?? "-"
        },
        Known(
            flag: "--allowed-origins", variable: "CATCHER_ALLOWED_ORIGINS", fallback: "-",
            other: "HTTPS://A.example,null", shown: "https://a.example null",
            refused: ["a.example", "https://a.example/", "*", "https://a.example,https://b.example/x"]
        ) { $0.allowedOrigins?.map(\.text).joined(separator: " ") ?? "-" },
        Known(
            flag: "--trusted-proxies", variable: "CATCHER_TRUSTED_PROXIES", fallback: "0", other: "10.0.0.0/8, ::1/128",
            shown: "2", refused: ["10.0.0.0/33", "x"]
        ) { "\($0.trustedProxies?.count ?? 0)" },
        Known(
            flag: "--client-address", variable: "CATCHER_CLIENT_ADDRESS", fallback: "truncate", other: "drop",
            refused: ["cut"]
        ) { $0.clientAddress.rawValue },
        Known(flag: "--gpc", variable: "CATCHER_GPC", fallback: "strip", other: "ignore", refused: ["no"]) {
            $0.gpc.rawValue
        },
        Known(
            flag: "--rate-limit", variable: "CATCHER_RATE_LIMIT", fallback: "-", other: "1000000",
            refused: ["0", "1000001"]
        ) { $0.rateLimit.map(String.init) ?? "-" },
        Known(
            flag: "--event-loops", variable: "CATCHER_EVENT_LOOPS", fallback: "-", other: "1024",
            refused: ["0", "1025"]
        ) { $0.eventLoops.map(String.init) ?? "-" },
    ]

    // Parsing takes ArgumentParser a while: all options go through it together.
    @Test("an option has the contract's name, variable and default, and the flag wins")
    func known() throws {
        let flags = Self.all.flatMap { [$0.flag, $0.other] }
        let variables = Dictionary(uniqueKeysWithValues: Self.all.map { ($0.variable, $0.other) })
        let defaults = try Self.options([])
        let byFlag = try Self.options(flags)
        let byVariable = try Self.options([], variables)
        let byBoth = try Self.options(flags, variables.mapValues { _ in "!" })
        let help = CatcherCommand.helpMessage(columns: 200)
        for option in Self.all {
            let shown = option.shown ?? option.other
            #expect(option.read(defaults) == option.fallback, "\(option.flag)")
            #expect(option.read(byFlag) == shown, "\(option.flag)")
            #expect(option.read(byVariable) == shown, "\(option.flag)")
            #expect(option.read(byBoth) == shown, "\(option.flag)")
            #expect(help.contains("\(option.flag) ") && help.contains("env: \(option.variable),"))
        }
    }

    @Test("a bad value ends with 64, and names the option, the value and what is accepted", arguments: all)
    func refused(_ option: Known) throws {
        for value in option.refused {
            let error = try #require(throws: (any Error).self) { try Self.parse(["serve", option.flag, value]) }
            let message = CatcherCommand.fullMessage(for: error)
            #expect(CatcherCommand.exitCode(for: error).rawValue == 64)
            #expect(message.contains("accepted is"), "\(message)")
            #expect(message.contains("--"), "\(message)")
        }
    }

    @Test("every option of the command is in the table")
    func complete() {
        let help = CatcherCommand.helpMessage(columns: 200)
        let named = help.split(separator: "\n").compactMap { line in
            line.drop { $0 == " " }.hasPrefix("--") ? line.split(separator: " ").first.map(String.init) : nil
        }
        let others: Set<String> = ["--log-format", "--log-level", "--drain"]
        #expect(Set(named).subtracting(others) == Set(Self.all.map(\.flag)))
    }

    @Test(
        "what two options say together is checked, and said as it is written",
        arguments: [
            (
                ["--linger", "6s"],
                "The value '6s' of --linger is invalid: accepted is a duration below --ack-timeout (5s)."
            ),
            (
                ["--ack-timeout", "100ms"],
                "The value '100ms' of --linger is invalid: accepted is a duration below --ack-timeout (100ms)."
            ),
            (
                ["--drain-delay", "30s"],
                "The value '30s' of --drain-delay is invalid: accepted is a duration below --drain (25s), of which it is a part."
            ),
            (
                ["--drain-delay", "1500ms", "--drain", "1500ms"],
                "The value '1500ms' of --drain-delay is invalid: accepted is a duration below --drain (1500ms), of which it is a part."
            ),
        ])
    func together(_ arguments: [String], _ message: String) throws {
        for command in [[], ["serve"]] {
            let error = try #require(throws: (any Error).self) { try Self.parse(command + arguments) }
            #expect(CatcherCommand.fullMessage(for: error).contains(message))
            #expect(CatcherCommand.exitCode(for: error).rawValue == 64)
        }
    }

    @Test("without a delay any drain will do", arguments: ["0", "1ms", "10m"])
    func undelayed(_ drain: String) throws {
        #expect(try Self.parse(["--drain", drain]) is CatcherCommand)
    }

    @Test("the options reach what they are for")
    func wiring() throws {
        let options = try Self.options(
            [
                "--max-body-bytes", "7", "--max-connections", "8", "--idle-timeout", "9s", "--gpc", "ignore",
                "--linger",
                "11ms", "--ack-timeout", "12s", "--spool-after", "13ms", "--max-message-bytes", "1024",
                "--max-pending-bytes", "15", "--client-address", "keep", "--allowed-origins", "https://a.example",
                "--rate-limit", "16",
            ])
        let server = options.server(cores: 17)
        #expect(server.route.limits.body == .bytes(7))
        #expect(server.route.limits.connections == 8)
        #expect(server.route.limits.idleTimeout == .seconds(9))
        #expect(!server.route.honoursGPC)
        #expect(server.route.linger == .milliseconds(11))
        #expect(server.sender.ackTimeout == .seconds(12))
        #expect(server.sender.spoolAfter == .milliseconds(13))
        #expect(server.messageLimit == .bytes(1024))
        #expect(server.pendingLimit == .bytes(15))
        #expect(server.route.clientAddress == .keep)
        #expect(server.route.origins.allows("https://a.example") && !server.route.origins.allows("https://b.example"))
        #expect(server.route.rateLimit != nil)
        #expect(server.eventLoops == 17)
    }
}
