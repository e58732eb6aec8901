import AWSCore
import ArgumentParser
import Operations

/// `worker replay`: sends what is in quarantine back to the queue.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Sends what is in quarantine back to the queue, and deletes there what the queue has accepted.",
        discussion: """
            Safe to repeat: what is sent twice makes the same items, but for messages that cannot be read: those have \
            new items each time.
            """)

    @OptionGroup(title: "Queue and table")
    var dependencies: DependencyOptions

    @Option(
        "day", env: "WORKER_REPLAY_DAY", unset: "every day of --days",
        help: "The day of arrival whose quarantine is replayed, yyyymmdd in UTC.")
    var day: QuarantineDay?

    @Option(
        "days", env: "WORKER_REPLAY_DAYS", default: "395", from: (least: "1", greatest: "36500"),
        help: "How many days back to look, where no day is given.")
    var days: Int

    @Option(
        "reason", env: "WORKER_REPLAY_REASON", unset: "any", help: "Only what was refused for a reason with this text.")
    var reason: String?

    @Option("limit", env: "WORKER_LIMIT", unset: "none", help: "The most refusals to send.")
    var limit: PositiveCount?

    @OptionGroup(title: "Logging")
    var logging: LogOptions

    func run() async throws {
        logging.start()
        let services = try await AWSServices.load()
        let replay = Replay(
            shelf: DynamoDBTable(name: dependencies.table, client: services.dynamoDB),
            resender: Resender(outlet: SQSQueue(dependencies.queue, client: services.sqs), clock: .system),
            reason: reason, limit: limit?.count ?? .max,
            report: { StandardError.write("\($0)\n") })
        let days = day.map { [$0.text] } ?? QuarantineDay.last(days, until: .now())
        var bar: ProgressBar?
        do {
            // Counting is charged as reading is: for who looks at the bar.
            let total = ProgressBar.isShown ? await replay.total(of: days) : limit?.count
            let replayed = ProgressBar("replayed", of: total, write: StandardError.write)
            bar = replayed
            let outcome = try await replay.run(days, advance: replayed.advance)
            replayed.end()
            print(
                "\(outcome.replayed) replayed, \(outcome.passedOver) passed over for their reason, \(outcome.left) left"
            )
            if outcome.left > 0 { throw ExitCode.failure }
        } catch let error as AWSError {
            bar?.end()
            throw Failure.exit(because: error)
        }
    }
}

/// A day of UTC.
struct QuarantineDay: SettingValue {
    static let accepted = "a day such as 20260131"

    let text: String

    init?(setting: String) {
        let digits = setting.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        guard digits, setting.utf8.count == 8, 1...12 ~= (Int(setting.dropFirst(4).prefix(2)) ?? 0),
            1...31 ~= (Int(setting.suffix(2)) ?? 0)
        else { return nil }
        text = setting
    }

    private init(_ moment: Timestamp) {
        let day = CivilTime(moment)
        text = String(day.year * 10_000 + day.month * 100 + day.day)
    }

    /// The last days, newest first; then the first of 1970, under which a message lies that could not be read and
    /// whose time was not known.
    static func last(_ count: Int, until moment: Timestamp) -> [String] {
        (0..<count).map { QuarantineDay(moment + .seconds(-86_400 * $0)).text } + ["19700101"]
    }
}

/// A limit on what is done.
struct PositiveCount: SettingValue {
    static let accepted = "a whole number from 1"

    let count: Int

    init?(setting: String) {
        guard let count = Int(setting: setting), count > 0 else { return nil }
        self.count = count
    }
}
