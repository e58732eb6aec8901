import ArgumentParser
import Logging
import Operations

/// `catcher doctor`: says whether it could serve, and what is in the way.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "Says where region, endpoint and credentials come from, and whether queue, spool and write keys can be used.",
        discussion: """
            Takes the options of serve and changes nothing. Ends with 0 where it could serve, 69 where something is \
            missing or out of reach, 77 where credentials or access are refused.
            """)

    @OptionGroup var doctor: DoctorOptions
    @OptionGroup var options: CatcherOptions

    func validate() throws {
        try options.check()
    }

    func run() async throws {
        let local = LocalExamination(
            spool: options.spool,
            writeKeys: options.writeKeys.map { KeysFile(path: $0, logger: Logger(label: "doctor")) })
        try await doctor.run([.queue(options.queue, [.send])], local.findings())
    }
}
