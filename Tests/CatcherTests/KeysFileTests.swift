import AWSCore
import Foundation
import Logging
import NIOCore
import Operations
import Testing

@testable import Catcher

/// A folder that goes away with the test.
final class TestFolder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("catcher-\(UUID())").path

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    @discardableResult
    func write(_ text: String, to name: String = "keys.json") throws -> String {
        let file = "\(path)/\(name)"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}

@Suite("The file of write keys", .timeLimit(.minutes(1)))
struct KeysFileTests {
    private static func file(_ key: String) -> String { "{\"\(key)\":{\"project\":\"p\"}}" }

    private func status(_ key: String, _ harness: Harness) async throws -> Substring {
        try await harness.exchange(post("{\"key\":\"\(key)\"}", headers: ["Connection: close"])) { _ in false }
            .dropFirst(9).prefix(3)
    }

    @Test("the keys are in force when the listener opens")
    func start() async throws {
        let keys = try WriteKeys(json: Array(Self.file("a").utf8))
        let harness = try await Harness(sink: TakingSink(), keys: keys)
        #expect(try await status("x", harness) == "401")
        #expect(try await status("a", harness) == "200")
        await harness.server.drain(after: .zero)
    }

    @Test("SIGHUP reads the file again; a broken one keeps the keys and says so; the last of many stays")
    func hangUp() async throws {
        let folder = try TestFolder()
        let log = LogLines()
        let file = KeysFile(path: try folder.write(Self.file("a")), logger: log.logger())
        let harness = try await Harness(sink: TakingSink(), keys: file.read())
        let drain = Drain(
            limit: .seconds(1), readiness: Readiness(starting: []), logger: log.logger(), exit: { _ in })
        drain.onHangUp { [server = harness.server] in file.readAgain(server.use) }

        try folder.write(Self.file("b"))
        drain.take(.hangUp)
        #expect(try await status("a", harness) == "401")
        #expect(try await status("b", harness) == "200")

        for broken in ["{", "[]", "{\"c\":{}}", "{\"c\":{\"project\":\"p\",\"origins\":[\"https://a.example/\"]}}"] {
            try folder.write(broken)
            drain.take(.hangUp)
        }
        try FileManager.default.removeItem(atPath: "\(folder.path)/keys.json")
        drain.take(.hangUp)
        #expect(try await status("b", harness) == "200")
        let said = log.lines.filter { $0.hasPrefix("error ") }
        #expect(said.count == 5)
        #expect(said.allSatisfy { $0.contains("keys.json") && $0.contains("stay as they were") })

        for round in 0..<50 {
            try folder.write(Self.file("k\(round)"))
            drain.take(.hangUp)
        }
        for loop in 0..<4 {
            #expect(try await status("k49", harness) == "200", "connection \(loop)")
            #expect(try await status("k48", harness) == "401", "connection \(loop)")
        }
        await harness.server.drain(after: .zero)
    }
}
