import AWSCore
import ArgumentParser
import Logging
import Operations

/// `demo run`: the whole product on this machine.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs everything on this machine, sends a sample, and shows what the table holds.",
        discussion: """
            Starts a local AWS, catcher and worker, and stays up until Ctrl-C, which stops what it started. With no \
            terminal on standard input, or with ONCE=1, it ends after the table, with status 0 only if every event \
            sent is stored.
            """)

    @Option(
        "ministack", env: "MINISTACK", default: ".venv/bin/ministack", help: "The local AWS's executable.")
    var ministack: String
    @Option("count", env: "DEMO_COUNT", default: "2000", from: ("1", "1000000"), help: "How many beacons to send.")
    var count: Int
    @Option("seed", env: "DEMO_SEED", default: "1", help: "Which sample: the same seed makes the same beacons.")
    var seed: Int
    @Option(
        "port-offset", env: "DEMO_PORT_OFFSET", default: "0", from: ("0", "50000"),
        help: "What to add to the ports 4566 and 7001 to 7003.")
    var portOffset: Int
    @Flag(help: "End after the table (env: ONCE=1; also with no terminal on standard input).")
    var once = false

    func run() async throws {
        let environment = ProcessEnvironment.all()
        let setup = LocalSetup(
            folder: ownFolder(), ministack: ministack, portOffset: portOffset, environment: environment)
        let obstacles = setup.obstacles()
        guard obstacles.isEmpty else {
            for obstacle in obstacles { Console.say(obstacle) }
            throw ExitCode.unavailable
        }
        let isOnce = once || environment["ONCE"] == "1" || !Console.isInteractive
        let children = Children()
        let drain = Drain(
            limit: .seconds(60), readiness: Readiness(),
            logger: Logger(label: "demo") { _ in SwiftLogNoOpLogHandler() })
        let signals = await ProcessSignals.watch { drain.request(because: $0.name) }
        defer { withExtendedLifetime(signals) {} }
        let demo = DemoRun(
            setup: setup, sample: Sample(count: count, seed: UInt64(bitPattern: Int64(seed)), end: .now()),
            children: children)

        let status = await withTaskGroup(of: Int32.self) { group in
            group.addTask {
                await drain.requested()
                return Self.interrupted
            }
            group.addTask {
                do {
                    let isWhole = try await demo.run()
                    Self.showWhatToTry(setup, stays: !isOnce)
                    if !isOnce { await drain.requested() }
                    return isWhole ? 0 : 1
                } catch {
                    if !drain.isRequested { Console.say("\(error)") }
                    return drain.isRequested ? Self.interrupted : 1
                }
            }
            // After a signal the other task's answer counts if it was done; if not, it is cancelled.
            let first = await group.next() ?? 1
            group.cancelAll()
            guard first == Self.interrupted, let second = await group.next() else { return first }
            return second
        }
        Console.say("\nStopping what was started; the worker may take a few seconds to finish its long poll")
        await children.stop()
        drain.finished()
        if status != 0 { throw ExitCode(status) }
    }

    /// What a shell says of a command that Ctrl-C ended.
    private static let interrupted: Int32 = 130

    private static func showWhatToTry(_ setup: LocalSetup, stays: Bool) {
        guard stays else { return }
        Console.say(
            """

            Try it:
              curl -i http://127.0.0.1:\(setup.catcherPort)/work -d '{"name":"map.load","map_id":"stores"}'
              curl http://127.0.0.1:\(setup.catcherAdminPort)/metrics
            Ctrl-C stops everything.
            """)
    }
}
