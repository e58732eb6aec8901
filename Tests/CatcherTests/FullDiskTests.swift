import Foundation
import Locking
import Testing

@testable import Catcher

@Suite("A catcher whose disk fills up", .timeLimit(.minutes(5)))
struct FullDiskTests {
    @Test(
        "killed there and started again: every beacon that was answered 200 arrives, and then it takes more",
        .enabled(if: getuid() == 0))
    func killed() async throws {
        let folder = try Folder()
        guard try SpoolTests.mount(folder.path, "4m") else {
            print("not run: no file system can be mounted here")
            return
        }
        defer { umount2(folder.path, Int32(MNT_DETACH)) }
        let queue = try await FakeQueue()
        queue.set(.error)
        let port = try await KilledTests.freePort()
        let clients = Beaconers(port: port)
        var catcher = try CatcherRun(port: port, queue: queue.port, spool: folder.path)
        let load = Task { await clients.run(24) }
        await clients.refused()
        let space = try FileManager.default.attributesOfFileSystem(forPath: folder.path)
        #expect(try #require(space[.systemFreeSize] as? Int) < 1 << 20, "the reserve apart, it is full")
        #expect(await catcher.end(SIGKILL) == SIGKILL)
        catcher = try CatcherRun(port: port, queue: queue.port, spool: folder.path)
        queue.set(.ok)
        await queue.arrival(of: clients.state.withLock { $0.acknowledged })
        queue.set(.error)
        await clients.acknowledged(100)
        queue.set(.ok)
        load.cancel()
        await load.value
        await queue.arrival(of: clients.state.withLock { $0.acknowledged })
        #expect(queue.record.state.withLock { $0.changed } == [])
        #expect(await catcher.end(SIGTERM) == 0)
        try await queue.close()
    }
}
