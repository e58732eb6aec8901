import AWSCore
import Beacons
import Locking
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

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
        while try await !bench.loop.submit({ overflow.isCutOff }).get() { await Task.yield() }
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
