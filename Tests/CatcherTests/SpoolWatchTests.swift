import AWSCore
import Logging
import Operations
import Testing

@testable import Catcher

@Suite("What is shown of the spool", .timeLimit(.minutes(1)))
struct SpoolWatchTests {
    private struct Watched {
        let spool: SQLiteSpool
        let queue = Readiness(starting: ["queue"])
        let readiness = Readiness(starting: ["queue"])
        var rounds = SpoolWatch.Rounds()
        var opened = 0

        init(_ folder: Folder, limit: Int = 1 << 30) {
            spool = SQLiteSpool(folder: folder.path, limit: .bytes(limit), clock: SpoolTests.clock)
        }

        /// The conditions that do not hold, after so many rounds.
        mutating func look(_ count: Int = 1) async -> [String] {
            let watch = SpoolWatch(
                spool: spool, queue: queue, readiness: readiness,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            var opened = 0
            for _ in 0..<count { await watch.round(&rounds) { opened += 1 } }
            self.opened += opened
            return readiness.failures.keys.sorted()
        }
    }

    @Test("an open spool makes ready while the queue is not; every condition of the queue shows, and goes")
    func open() async throws {
        var watched = Watched(try Folder())
        watched.queue.fail("sending", because: "KmsDisabled")
        #expect(await watched.look() == [])
        #expect(await watched.look(3) == [])
        #expect(watched.opened == 1)
    }

    @Test("a folder that belongs to another process shows only while the queue fails, too, and is tried on")
    func locked() async throws {
        let folder = try Folder()
        var other: SQLiteSpool? = try await SpoolTests.open(folder)
        var watched = Watched(folder)
        watched.queue.fail("sending", because: "KmsDisabled")
        #expect(await watched.look() == ["queue", "sending", "spool"])
        #expect(watched.readiness.failures["spool"]?.contains("another process") == true)
        watched.queue.meet("sending")
        #expect(await watched.look() == ["queue", "spool"])
        watched.queue.meet("queue")
        #expect(await watched.look() == [])
        watched.queue.fail("queue", because: "gone")
        withExtendedLifetime(other) {}
        other = nil
        #expect(await watched.look() == [])
        #expect(watched.opened == 1)
    }

    @Test("a full spool shows until there is room")
    func full() async throws {
        var watched = Watched(try Folder(), limit: 10)
        #expect(await watched.look() == [])
        let places = try await watched.spool.store([message("12345")])
        await #expect(throws: SpoolError.self) { try await watched.spool.store([message("123456")]) }
        #expect(await watched.look(50) == ["queue", "spool"])
        try await watched.spool.remove(places)
        #expect(await watched.look() == [])
    }

    @Test("a full disk shows, without a flicker, until it takes a message again; without beacons, too")
    func disk() async throws {
        var watched = Watched(try Folder())
        #expect(await watched.look() == [])
        try await watched.spool.limitGrowth(to: 2)
        await #expect(throws: SpoolError.self) { try await watched.spool.store([SpoolDiskTests.large("a")]) }
        for _ in 0..<50 {
            _ = try await watched.spool.places()
            #expect(await watched.look() == ["queue", "spool"])
        }
        try await watched.spool.limitGrowth(to: 1000)
        #expect(await watched.look(20) == [])
    }
}
