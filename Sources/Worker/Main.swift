import ArgumentParser
import Operations

/// The executable: stores what the catcher put on the queue.
@main
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Takes messages of beacons from the queue and stores their events in the table.",
        discussion: """
            Region, credentials and endpoints are AWS's own settings: AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL and so on.
            """,
        subcommands: [
            RunCommand.self, SetupCommand.self, DoctorCommand.self, ReplayCommand.self, RedriveCommand.self,
        ],
        defaultSubcommand: RunCommand.self)

    static func main() async {
        await Launch.main(WorkerCommand.self)
    }
}
