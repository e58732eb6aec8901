import Foundation
import Testing

@testable import Simulator

/// One table of what AWS does, run through boto3 against the simulator and against ministack.
struct BehaviourTests {
    @Test func `The simulator does what AWS's documentation says`() async throws {
        let simulator = try await Simulator.start()
        let cases = try await run(["--server", "simulator", "--endpoint", simulator.endpoint])
        try await simulator.stop()
        #expect(cases.count > 80)
        for one in cases { #expect(one.agrees, "\(one)") }
    }

    @Test func `Ministack does the same, but for what the table says`() async throws {
        let ministack = environment["BEACON_MINISTACK"] ?? root.appending(path: ".venv/bin/ministack").path
        let cases = try await run(["--server", "ministack", "--ministack", ministack])
        #expect(cases.count > 80)
        for one in cases { #expect(one.agrees, "\(one)") }
    }

    // MARK: Steps

    private struct Case: CustomStringConvertible {
        let description: String
        let agrees: Bool
    }

    private var environment: [String: String] { ProcessInfo.processInfo.environment }

    private var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }

    private func run(_ arguments: [String]) async throws -> [Case] {
        let script = try #require(Bundle.module.url(forResource: "Resources/behaviour", withExtension: "py"))
        let output = FileManager.default.temporaryDirectory.appending(path: "behaviour-\(UUID().uuidString)")
        #expect(FileManager.default.createFile(atPath: output.path, contents: nil))
        defer { try? FileManager.default.removeItem(at: output) }
        let process = Process()
        process.executableURL = URL(
            filePath: environment["BEACON_PYTHON"] ?? root.appending(path: ".venv/bin/python").path)
        process.arguments = [script.path] + arguments
        process.environment = environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        // A file, not a pipe: nobody has to read it while the script runs.
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        let status = try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { ended.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        let text = String(decoding: try Data(contentsOf: output), as: UTF8.self)
        #expect(status == 0, "\(text.suffix(2000))")
        return text.split(separator: "\n").map {
            Case(description: String($0), agrees: $0.hasSuffix(#""agrees": true}"#))
        }
    }
}
