import Locking
import AWSCore
import Beacons
import Foundation
import GRDB
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
    private static func mount(_ path: String) throws -> Bool {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/mount")
        process.arguments = ["-t", "tmpfs", "-o", "size=8m", "tmpfs", path]
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
        guard try Self.mount(folder.path) else { return }
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
        #expect(try await spool.synchronous() == 2)
    }
}

/// A spool in memory that the test can break.
final class ScriptedSpool: Spool {
    struct State {
        var next: SpoolPlace = 1
        var messages: [SpoolPlace: PackedMessage] = [:]
        var aside: [PackedMessage] = []
        var error: SpoolError?
        var commits = 0
        var refusesRemoval = false
    }

    let state = Guarded(State())

    var stored: [String] { state.withLock { $0.messages.sorted { $0.key < $1.key }.map(\.value.id) } }
    var aside: [String] { state.withLock { $0.aside.map(\.id) } }
    func fail(_ error: SpoolError?) { state.withLock { $0.error = error } }

    private func change<Value>(_ body: (inout State) -> Value) throws(SpoolError) -> Value {
        let result: Result<Value, SpoolError> = state.withLock { state in
            if let error = state.error { return .failure(error) }
            return .success(body(&state))
        }
        return try result.get()
    }

    func store(_ messages: [PackedMessage]) async throws(SpoolError) -> [SpoolPlace] {
        try change { state in
            state.commits += 1
            return messages.map { message in
                defer { state.next += 1 }
                state.messages[state.next] = message
                return state.next
            }
        }
    }

    func places() async throws(SpoolError) -> [SpoolPlace] { try change { $0.messages.keys.sorted() } }

    func read(_ places: [SpoolPlace]) async throws(SpoolError) -> [(place: SpoolPlace, message: PackedMessage)] {
        try change { state in places.compactMap { place in state.messages[place].map { (place, $0) } } }
    }

    func refuseRemoval(_ refuses: Bool) { state.withLock { $0.refusesRemoval = refuses } }

    func remove(_ places: [SpoolPlace]) async throws(SpoolError) {
        if state.withLock({ $0.refusesRemoval }) { throw .broken("database or disk is full") }
        try change { state in for place in places { state.messages[place] = nil } }
    }

    func setAside(_ message: PackedMessage, from place: SpoolPlace?, because reason: String) async throws(SpoolError) {
        try change { state in
            state.aside.append(message)
            if let place { state.messages[place] = nil }
        }
    }
}

@Suite("The sender with a spool", .timeLimit(.minutes(1)))
struct OverflowTests {
    @Test("what the queue does not take soon is durable in the spool, and goes to the queue when it is back")
    func slowQueue() async throws {
        let spool = ScriptedSpool()
        let bench = SenderBench(spool: spool)
        let running = Task { await bench.drive() }
        var ids = UUIDv7Generator()
        let sent = await bench.send(ids: &ids)
        let hanging = try await bench.call()
        #expect(await bench.outcomes(1).map(\.status) == [200])
        #expect(spool.stored == [sent.id])
        let again = try await bench.call()
        #expect(again.messages.map(\.bytes) == [sent.bytes])
        again.accept()
        await bench.until { spool.stored.isEmpty }
        hanging.accept()
        running.cancel()
    }

    @Test("a call that succeeds late spares the spool from sending again")
    func late() async throws {
        let spool = ScriptedSpool()
        let bench = SenderBench(spool: spool)
        let running = Task { await bench.drive() }
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        let hanging = try await bench.call()
        #expect(await bench.outcomes(1).map(\.status) == [200])
        hanging.accept()
        await bench.until { spool.stored.isEmpty }
        running.cancel()
    }

    @Test(
        "what the queue refuses goes to the spool at once", arguments: [SinkOutcome.failed("503"), .cutOff("no queue")])
    func refusing(_ outcome: SinkOutcome) async throws {
        let spool = ScriptedSpool()
        let bench = SenderBench(spool: spool)
        let running = Task { await bench.drive() }
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        try await bench.call().answer([outcome])
        #expect(await bench.outcomes(1).map(\.status) == [200])
        #expect(spool.stored.count == 1)
        // The spool finds the queue cut off, too: what comes then is not tried at all.
        try await bench.call().answer([outcome])
        let overflow = try #require(bench.overflow)
        while try await !bench.loop.submit({ overflow.isCutOff && overflow.isResting }).get() { await Task.yield() }
        await bench.send(ids: &ids)
        #expect(await bench.outcomes(1).map(\.status) == [200])
        #expect(spool.stored.count == 2)
        // Of which it tells with one call at a time. The queue is back: all of it, oldest first.
        var arrived: [String] = []
        let expected = spool.stored
        while arrived.count < 2 {
            let call = try await bench.call()
            arrived += call.messages.map(\.id)
            call.accept()
        }
        #expect(arrived == expected)
        await bench.until { spool.stored.isEmpty }
        running.cancel()
    }

    @Test("a spool that is full or broken answers 503", arguments: [SpoolError.full, .broken("disk I/O error")])
    func troubled(_ error: SpoolError) async throws {
        let spool = ScriptedSpool()
        spool.fail(error)
        let bench = SenderBench(spool: spool)
        let running = Task { await bench.drive() }
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        try await bench.call().answer([.cutOff("no queue")])
        #expect(await bench.outcomes(1).map(\.status) == [503])
        running.cancel()
    }

    @Test("what an earlier process has left is sent, oldest first, and a message refused for good moves aside")
    func restart() async throws {
        let spool = ScriptedSpool()
        let left = (0..<12).map { message("m\($0)") }
        _ = try await spool.store(left)
        let bench = SenderBench(spool: spool)
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        let first = try await bench.call()
        let second = try await bench.call()
        #expect((first.messages + second.messages).map(\.id) == left.map(\.id))
        first.answer([.refused("InvalidMessageContents")] + first.messages.dropFirst().map { _ in .accepted })
        second.accept()
        await bench.until { spool.stored.isEmpty }
        #expect(spool.aside == ["id-m0"])
        running.cancel()
    }

    @Test("a disk that does not forget stops nothing, and nothing is sent twice for it")
    func unforgetting() async throws {
        let spool = ScriptedSpool()
        _ = try await spool.store([message("m")])
        spool.refuseRemoval(true)
        let bench = SenderBench(spool: spool)
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        try await bench.call().accept()
        var ids = UUIDv7Generator()
        for _ in 0..<3 {
            let live = await bench.send(ids: &ids)
            let call = try await bench.call()
            #expect(call.messages.map(\.id) == [live.id])
            call.accept()
            #expect(await bench.outcomes(1).map(\.status) == [200])
        }
        spool.refuseRemoval(false)
        await bench.until { spool.stored.isEmpty }
        running.cancel()
    }

    @Test("messages that gather during a commit share the next")
    func groups() async throws {
        let spool = ScriptedSpool()
        let bench = SenderBench(calls: 8, spool: spool)
        var ids = UUIDv7Generator()
        var calls: [ScriptedSink.Call] = []
        for _ in 0..<8 {
            await bench.send(ids: &ids)
            calls.append(try await bench.call())
        }
        // All at one turn of the loop.
        await bench.loop.advanceTime(by: .seconds(1))
        let running = Task { await bench.drive() }
        #expect(await bench.outcomes(8).allSatisfy { $0.status == 200 })
        #expect(spool.state.withLock { $0.commits } <= 2)
        for call in calls { call.accept() }
        running.cancel()
    }
}
