import AWSCore
import Beacons
import Foundation
import GRDB
import Locking
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

/// A folder for one test, removed after it.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("spool-\(UUID().uuidString)").path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

func message(_ text: String, openedAt: NIODeadline = .distantPast) -> PackedMessage {
    PackedMessage(
        id: "id-\(text)", bytes: Array(text.utf8), beacons: 2, pendingBytes: text.utf8.count, openedAt: openedAt,
        waiting: [[]])
}

@Suite("The spool", .timeLimit(.minutes(1)))
struct SpoolTests {
    static let clock: @Sendable () -> Timestamp = { Timestamp(milliseconds: 1_760_000_000_000) }

    static func open(_ folder: Folder, limit: Int = 1 << 20) async throws -> SQLiteSpool {
        let spool = SQLiteSpool(folder: folder.path, limit: .bytes(limit), clock: clock)
        try await spool.open()
        return spool
    }

    @Test("messages come back byte for byte, in their order, after the process has ended too")
    func roundTrip() async throws {
        let folder = try Folder()
        do {
            let spool = try await Self.open(folder)
            _ = try await spool.store([message("a"), message("bb")])
            _ = try await spool.store([message("ccc")])
            #expect(spool.bytes == 6)
        }
        let spool = try await Self.open(folder)
        #expect(spool.bytes == 6)
        let places = try await spool.places()
        #expect(places == places.sorted())
        let found = try await spool.read(places)
        #expect(found.map(\.message.bytes) == [Array("a".utf8), Array("bb".utf8), Array("ccc".utf8)])
        #expect(found.map(\.message.id) == ["id-a", "id-bb", "id-ccc"])
        #expect(found.map(\.message.beacons) == [2, 2, 2])
        try await spool.remove(Array(places.prefix(2)))
        #expect(spool.bytes == 3)
        #expect(try await spool.places() == [places[2]])
        // Gone already: nothing happens.
        try await spool.remove(places)
        #expect(spool.bytes == 0)
    }

    @Test("it holds as much as it may, and room comes back")
    func full() async throws {
        let spool = try await Self.open(Folder(), limit: 10)
        let places = try await spool.store([message("12345"), message("12345")])
        await #expect(throws: SpoolError.self) { try await spool.store([message("1")]) }
        #expect(spool.trouble != nil)
        #expect(try await spool.places().count == 2)
        try await spool.remove([places[0]])
        #expect(spool.trouble == nil)
        _ = try await spool.store([message("12345")])
    }

    @Test("a message that there was no room for shows until a removal makes room for it")
    func remembered() async throws {
        let spool = try await Self.open(Folder(), limit: 10)
        let places = try await spool.store([message("1"), message("1234")])
        await #expect(throws: SpoolError.self) { try await spool.store([message("123456")]) }
        #expect(spool.bytes == 5)
        #expect(spool.trouble != nil)
        _ = try await spool.read(places)
        #expect(spool.trouble != nil)
        try await spool.remove([places[0]])
        #expect(spool.trouble == nil)
        _ = try await spool.store([message("123456")])
    }

    @Test("of messages that come together, those that fit are kept")
    func prefix() async throws {
        let spool = try await Self.open(Folder(), limit: 10)
        #expect(try await spool.store([message("12345"), message("12345"), message("1")]).count == 2)
        #expect(try await spool.places().count == 2)
        #expect(spool.bytes == 10)
    }

    @Test("what is set aside counts, however it came there, and is put back at the next start")
    func asideCounts() async throws {
        let folder = try Folder()
        do {
            let spool = try await Self.open(folder, limit: 10)
            let places = try await spool.store([message("1234")])
            try await spool.setAside(message("1234"), from: places[0], because: "no")
            try await spool.setAside(message("56"), from: nil, because: "no")
            #expect(spool.bytes == 6)
            #expect(spool.bytesAside == 6)
            await #expect(throws: SpoolError.self) { try await spool.store([message("12345")]) }
            await #expect(throws: SpoolError.self) {
                try await spool.setAside(message("12345"), from: nil, because: "no")
            }
            #expect(spool.bytes == 6)
        }
        let spool = SQLiteSpool(folder: folder.path, limit: .bytes(10), clock: Self.clock)
        #expect(try await spool.open() == 2)
        #expect(spool.bytes == 6)
        #expect(spool.bytesAside == 0)
        #expect(try await spool.read(try await spool.places()).map(\.message.id) == ["id-1234", "id-56"])
    }

    @Test("a folder belongs to one process")
    func locked() async throws {
        let folder = try Folder()
        let spool = try await Self.open(folder)
        await #expect(throws: SpoolError.self) { try await Self.open(folder) }
        withExtendedLifetime(spool) {}
    }

    @Test("a damaged file is said to be damaged")
    func damaged() async throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try Data(repeating: 0x61, count: 8192).write(to: URL(fileURLWithPath: "\(folder.path)/spool.sqlite"))
        let error = await #expect(throws: SpoolError.self) { try await Self.open(folder) }
        #expect("\(try #require(error))".contains("not a database"))
    }

    @Test("a message that is refused for good is set aside with the reason")
    func setAside() async throws {
        let folder = try Folder()
        let spool = try await Self.open(folder)
        let places = try await spool.store([message("a"), message("b")])
        try await spool.setAside(message("a"), from: places[0], because: "InvalidMessageContents")
        #expect(try await spool.places() == [places[1]])
        let database = try DatabaseQueue(path: "\(folder.path)/spool.sqlite")
        let kept = try database.read { try Row.fetchOne($0, sql: "SELECT id, body, reason FROM refused") }
        #expect(kept?["id"] == "id-a")
        #expect(kept?["reason"] == "InvalidMessageContents")
    }

    /// A file system of a few MiB, which only root may make.
    static func mount(_ path: String, _ size: String = "8m") throws -> Bool {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/mount")
        process.arguments = ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test(
        "a disk that is filled to the brim keeps what was stored, gives it back, and is used again",
        .enabled(if: getuid() == 0))
    func brim() async throws {
        let folder = try Folder()
        guard try Self.mount(folder.path) else {
            print("not run: no file system can be mounted here; the test of a database that may not grow stands for it")
            return
        }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let body = String(repeating: "x", count: 60_000)
        do {
            let spool = try await Self.open(folder, limit: 1 << 30)
            for _ in 0..<2 {
                var stored: [SpoolPlace] = []
                let error = await #expect(throws: SpoolError.self) {
                    while true { stored += try await spool.store([message(body)]) }
                }
                #expect("\(try #require(error))".contains("full"))
                #expect(spool.trouble != nil)
                #expect(stored.count > 10)
                #expect(try await spool.places() == stored)
                for places in stride(from: 0, to: stored.count, by: 10) {
                    let batch = Array(stored[places..<min(places + 10, stored.count)])
                    #expect(try await spool.read(batch).count == batch.count)
                    try await spool.remove(batch)
                }
                #expect(spool.bytes == 0)
                #expect(spool.trouble == nil)
            }
        }
    }

    @Test("commits are on disk when they return")
    func durable() async throws {
        let folder = try Folder()
        let spool = try await Self.open(folder)
        let database = try DatabaseQueue(path: "\(folder.path)/spool.sqlite")
        #expect(try await database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        #expect(try await spool.access { try Int.fetchOne($0, sql: "PRAGMA synchronous") } == 2)
    }
}
