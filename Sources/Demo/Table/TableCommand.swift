import AWSCore
import ArgumentParser
import Operations

/// `demo table`: what a table holds.
struct TableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Shows events a map, and rollups a map and hour.",
        discussion: "AWS's own settings apply: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and so on.")

    @Option("table", env: "BEACON_TABLE", default: "beacons", help: "The table.")
    var table: String
    @Option("maps", env: "DEMO_MAPS", unset: "those of the sample", help: "The maps to show, with commas between.")
    var maps: [String]?
    @Option(
        "hours", env: "DEMO_HOURS", default: "4", from: ("1", "168"), help: "How many hours to look back.")
    var hours: Int

    func run() async throws {
        let now = Timestamp.now()
        let range = HourRange(from: now + .seconds(-3600 * hours), through: now)
        let contents: [StoredBeacons.MapContent]
        do {
            let stored = try await StoredBeacons.connect(
                environment: ProcessEnvironment.all(), table: table, transport: try CurlTransport())
            contents = try await stored.read(maps: maps ?? SampleMap.all.map(\.id), hours: range)
        } catch let error as AWSError {
            Console.say("the table \(table) cannot be read: \(error)")
            throw error.category == .refused ? ExitCode.noPermission : ExitCode.unavailable
        }
        Console.say(TextTable.contents(contents, hours: range).render())
    }
}
