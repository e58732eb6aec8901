public import ArgumentParser

/// The options of `doctor`, the same in every executable.
public struct DoctorOptions: ParsableArguments {
    /// Whether the report is for a program.
    @Flag(name: .customLong("json"), help: "Print the report as one JSON object.")
    public var isJSON = false

    /// Options for a command line to fill.
    public init() {}

    /// Examines what the executable needs, and prints the report on standard output.
    ///
    /// - Parameters:
    ///   - needs: What the executable needs.
    ///   - findings: What the executable has found out by itself, at the report's end.
    /// - Throws: `ExitCode`: 69 or 77 where it could not run.
    public func run(_ needs: [Doctor.Need], _ findings: [DoctorFinding] = []) async throws {
        var report = await Doctor(environment: ProcessEnvironment.all()).examine(needs)
        report.findings += findings
        print(isJSON ? String(decoding: report.json(), as: UTF8.self) : report.text())
        if report.exitStatus != .success { throw report.exitStatus }
    }
}
