import AWSCore
import ArgumentParser
import Beacons
import Channels
import Locking
import Operations
import Testing

@testable import Worker

@Suite("The worker's command line")
struct CommandLineTests {
    private func parse(_ arguments: [String], _ environment: [String: String] = [:]) throws -> any ParsableCommand {
        try Settings.parse(WorkerCommand.self, arguments: arguments, environment: environment)
    }

    @Test("Without a subcommand it runs, with the contract's defaults")
    func defaults() throws {
        let run = try #require(try parse([]) as? RunCommand)
        #expect(run.dependencies.queue == "beacons")
        #expect(run.dependencies.table == "beacons")
        #expect(run.admin.description == "127.0.0.1:7003")
        #expect(run.workers == 16)
        #expect(run.receivers == nil)
        #expect(run.processing.layout == .events)
        #expect(run.processing.retention == .seconds(395 * 86_400))
        #expect(!run.dryRun)
    }

    @Test("Each option has its variable, and the flag wins")
    func variables() throws {
        let environment = [
            "BEACON_QUEUE": "q", "BEACON_TABLE": "t", "WORKER_ADMIN": "127.0.0.1:1", "WORKER_COUNT": "3",
            "WORKER_RECEIVERS": "2", "WORKER_LAYOUT": "segments", "WORKER_RETENTION": "0",
        ]
        let run = try #require(try parse(["run", "--queue", "flag"], environment) as? RunCommand)
        #expect(run.dependencies.queue == "flag")
        #expect(run.dependencies.table == "t")
        #expect(run.admin.port == 1)
        #expect(run.workers == 3)
        #expect(run.receivers?.count == 2)
        #expect(run.processing.layout == .segments)
        #expect(run.processing.retention == .zero)
    }

    @Test(
        "A bad value names the option, the value and what is accepted",
        arguments: [
            ("--workers", "0"), ("--workers", "x"), ("--receivers", "65"), ("--layout", "rows"), ("--retention", "1y"),
            ("--admin", "nowhere"),
        ])
    func badValues(option: String, value: String) throws {
        let error = try #require(throws: (any Error).self) { try parse(["run", option, value]) }
        let message = WorkerCommand.fullMessage(for: error)
        #expect(message.contains(option) && message.contains("'\(value)'") && message.contains("accepted is"))
        #expect(WorkerCommand.exitCode(for: error).rawValue == 64)
    }

    @Test(
        "A day is eight digits of a date", arguments: [("20260131", true), ("2026-01-31", false), ("20261301", false)])
    func days(text: String, isAccepted: Bool) {
        #expect((QuarantineDay(setting: text) != nil) == isAccepted)
    }

    @Test("The last days are counted back over a month's end, and end with the day of an unknown time")
    func lastDays() {
        let moment = Timestamp(seconds: 20_000 * 86_400 + 5)
        #expect(
            QuarantineDay.last(5, until: moment) == [
                "20241004", "20241003", "20241002", "20241001", "20240930", "19700101",
            ])
    }

    @Test("On a terminal progress is a bar in one line, elsewhere a line a thousand")
    func progress() {
        final class Text: Sendable {
            let parts = Locking.Guarded<[String]>([])
            var joined: String { parts.withLock { $0.joined() } }
        }
        let (terminal, file) = (Text(), Text())
        let bar = ProgressBar("moved", of: 100, isTerminal: true) { text in terminal.parts.withLock { $0.append(text) }
        }
        bar.advance(50)
        bar.end()
        #expect(terminal.joined == "\r[###############...............] 50 of about 100 moved\u{1B}[K\n")
        let lines = ProgressBar("moved", of: nil, isTerminal: false) { text in file.parts.withLock { $0.append(text) } }
        for _ in 0..<25 { lines.advance(100) }
        lines.end()
        #expect(file.joined == "1000 moved\n2000 moved\n")
    }
}
