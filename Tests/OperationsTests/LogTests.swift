import AWSCore
import Locking
import Logging
import Operations
import Testing

struct LogTests {
    /// Collects what is logged.
    private final class Lines: Sendable {
        private let lines = Guarded<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func take(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    }

    private func logger(_ format: LogFormat, _ lines: Lines) -> Logger {
        Logger(label: "catcher") { label in
            LogWriter(
                label: label, level: .info, format: format, now: { Timestamp(milliseconds: 1_760_000_000_007) },
                output: lines.take)
        }
    }

    @Test("JSON: one object a line, metadata as members, nested values kept")
    func json() {
        let lines = Lines()
        logger(.json, lines).info(
            "started", metadata: ["port": .stringConvertible(7001), "list": ["a", "b"], "time": "mine"])
        #expect(
            lines.all == [
                #"{"time":"2025-10-09T08:53:20.007Z","level":"info","logger":"catcher","message":"started","#
                    + #""list":["a","b"],"port":7001,"metadata.time":"mine"}"# + "\n"
            ])
    }

    @Test("Text: time, level, message, then the metadata in order, quoted where they have spaces")
    func text() {
        let lines = Lines()
        logger(.text, lines).warning("no queue", metadata: ["queue": "beacons", "advice": "run setup"])
        #expect(lines.all == [#"2025-10-09T08:53:20.007Z WARNING  no queue advice="run setup" queue=beacons"# + "\n"])
    }

    @Test(
        "What a client supplies cannot break a line, colour a terminal or close a quote",
        arguments: [
            ("a\nb", #"ua=a\nb"#, #""ua":"a\nb""#),
            ("\u{1b}[31m", #"ua=\u{1b}[31m"#, #""ua":"\u001b[31m""#),
            ("\u{9b}31m", #"ua=\u{9b}31m"#, #""ua":"\u009b31m""#),
            ("x\u{202e}y", #"ua=x\u{202e}y"#, #""ua":"x\u202ey""#),
            ("\u{7f}", #"ua=\u{7f}"#, #""ua":"\u007f""#),
            ("a\" b=\"c", #"ua="a\" b=\"c""#, #""ua":"a\" b=\"c""#),
            ("a\\", #"ua=a\\"#, #""ua":"a\\""#),
        ])
    func escapes(value: String, text: String, json: String) throws {
        let lines = Lines()
        logger(.text, lines).info("m", metadata: ["ua": "\(value)"])
        logger(.json, lines).info("m", metadata: ["ua": "\(value)"])
        #expect(lines.all[0].hasSuffix("m \(text)\n"))
        #expect(lines.all[1].contains(json))
        #expect(lines.all.allSatisfy { $0.filter(\.isNewline).count == 1 })
    }

    @Test("Entries under the level are left out, and a logger's own metadata yield to an entry's")
    func levelAndMetadata() {
        let lines = Lines()
        var logger = logger(.text, lines)
        logger[metadataKey: "worker"] = "1"
        logger[metadataKey: "queue"] = "a"
        logger.debug("unseen")
        logger.info("seen", metadata: ["queue": "b"])
        #expect(lines.all.count == 1)
        #expect(lines.all[0].hasSuffix("seen queue=b worker=1\n"))
    }
}
