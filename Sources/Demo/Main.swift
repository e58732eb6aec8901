import ArgumentParser
import Operations

@main
struct Main {
    static func main() async {
        await Launch.main(DemoCommand.self)
    }
}

/// The root command.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Shows map-beacons at work, and puts load on a catcher.",
        subcommands: [RunCommand.self, SendCommand.self, TableCommand.self, GuardCommand.self])
}
