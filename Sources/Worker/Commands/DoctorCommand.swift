import ArgumentParser
import Operations

/// `worker doctor`: looks whether the worker could run here.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Says where settings come from, and whether queue and table can be used; changes nothing.")

    @OptionGroup(title: "Queue and table")
    var dependencies: DependencyOptions

    @OptionGroup(title: "Report")
    var report: DoctorOptions

    func run() async throws {
        try await report.run([
            .queue(dependencies.queue, [.receive, .delete, .changeVisibility]),
            .table(dependencies.table, [.batchWrite]),
        ])
    }
}
