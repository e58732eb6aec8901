import Beacons
import Locking
import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

@Suite("The spool's drain, when disk or queue fail in part", .timeLimit(.minutes(1)))
struct SpoolFaultTests {
    private func bench(_ count: Int, _ spool: ScriptedSpool) async throws -> SenderBench {
        _ = try await spool.store((0..<count).map { message("m\($0)") })
        return SenderBench(spool: spool)
    }

    @Test("a damaged page holds up nothing: all others are sent, it is kept and sent when it can be read again")
    func damaged() async throws {
        let spool = ScriptedSpool()
        let bench = try await bench(15, spool)
        spool.set { $0.damaged = [3, 12] }
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        var arrived: [String] = []
        while arrived.count < 13 {
            let call = try await bench.call()
            arrived += call.messages.map(\.id)
            call.accept()
        }
        #expect(Set(arrived).count == 13)
        await bench.until { spool.stored == ["id-m2", "id-m11"] }
        spool.set { $0.damaged = [] }
        let call = try await bench.call()
        #expect(call.messages.map(\.id) == ["id-m2", "id-m11"])
        call.accept()
        await bench.until { spool.stored.isEmpty }
        running.cancel()
    }

    @Test("a listing that fails is asked for again")
    func listing() async throws {
        let spool = ScriptedSpool()
        let bench = try await bench(1, spool)
        spool.set { $0.refusesListing = true }
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        let start = bench.loop.now
        await bench.until { bench.loop.now > start + .seconds(2) }
        spool.set { $0.refusesListing = false }
        try await bench.call().accept()
        await bench.until { spool.stored.isEmpty }
        running.cancel()
    }

    @Test("a message that cannot be set aside does not take those behind it back to the queue")
    func aside() async throws {
        let spool = ScriptedSpool()
        let bench = try await bench(3, spool)
        spool.set { $0.refusesAside = true }
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        try await bench.call().answer([.refused("InvalidMessageContents"), .accepted, .accepted])
        let again = try await bench.call()
        #expect(again.messages.map(\.id) == ["id-m0"])
        spool.set { $0.refusesAside = false }
        again.answer([.refused("InvalidMessageContents")])
        await bench.until { spool.stored.isEmpty }
        #expect(spool.aside == ["id-m0"])
        running.cancel()
    }

    @Test("a queue that takes nine of ten is not cut off")
    func partly() async throws {
        let spool = ScriptedSpool()
        let bench = try await bench(10, spool)
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        try await bench.call().answer([.failed("InternalError")] + Array(repeating: .accepted, count: 9))
        let again = try await bench.call()
        #expect(again.messages.map(\.id) == ["id-m0"])
        let overflow = try #require(bench.overflow)
        #expect(try await bench.loop.submit { overflow.isCutOff }.get() == false)
        var ids = UUIDv7Generator()
        let live = await bench.send(ids: &ids)
        let call = try await bench.call()
        #expect(call.messages.map(\.id) == [live.id])
        call.accept()
        again.accept()
        running.cancel()
    }

    @Test("calls that fail in any order leave the oldest first")
    func order() async throws {
        let spool = ScriptedSpool()
        let bench = try await bench(40, spool)
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        var calls: [ScriptedSink.Call] = []
        for _ in 0..<4 { calls.append(try await bench.call()) }
        for call in calls { call.answer(call.messages.map { _ in .failed("503") }) }
        var arrived: [String] = []
        while arrived.count < 40 {
            let call = try await bench.call()
            if arrived.count < 10 { #expect(call.messages.map(\.id) == (0..<10).map { "id-m\($0)" }) }
            arrived += call.messages.map(\.id)
            call.accept()
        }
        #expect(Set(arrived).count == 40)
        running.cancel()
    }

    @Test("live messages that are stored while the disk is listed are sent once, after the older ones")
    func resuming() async throws {
        let spool = ScriptedSpool()
        let bench = try await bench(2, spool)
        spool.set { $0.holdsListing = true }
        let running = Task { await bench.drive() }
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        try await bench.call().answer([.cutOff("no queue")])
        #expect(await bench.outcomes(1).map(\.status) == [200])
        // The disk lists it, too.
        bench.overflow?.resume()
        await bench.until { spool.state.withLock { $0.listing != nil } }
        let early = try await bench.call()
        spool.state.withLock { $0.listing }?.resume()
        let old = try await bench.call()
        #expect(old.messages.map(\.id) == ["id-m0", "id-m1"])
        old.accept()
        early.accept()
        await bench.until { spool.stored.isEmpty }
        running.cancel()
    }

    @Test("of messages that share a commit, those that there is room for are kept")
    func room() async throws {
        let spool = ScriptedSpool()
        spool.set { $0.room = 2 }
        let bench = SenderBench(spool: spool)
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        let first = try await bench.call()
        for _ in 0..<2 { await bench.send(ids: &ids) }
        let others = [try await bench.call(), try await bench.call()]
        for call in [first] + others { call.answer([.cutOff("no queue")]) }
        let running = Task { await bench.drive() }
        #expect(await bench.outcomes(3).map(\.status).sorted() == [200, 200, 503])
        running.cancel()
    }

    @Test("its end waits for the calls in flight and for the disk to forget, and begins no call")
    func finish() async throws {
        let spool = ScriptedSpool()
        let bench = try await bench(50, spool)
        spool.set { $0.holdsRemoval = true }
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        var calls: [ScriptedSink.Call] = []
        for _ in 0..<4 { calls.append(try await bench.call()) }
        let start = bench.loop.now
        async let finished: Void? = bench.overflow?.finish(within: .seconds(3600))
        for call in calls { call.accept() }
        await bench.until { spool.state.withLock { $0.removal != nil } }
        spool.set { $0.holdsRemoval = false }
        spool.state.withLock { $0.removal }?.resume()
        await finished
        #expect(spool.stored.count == 10, "what was sent is forgotten, what was not is kept")
        #expect(bench.loop.now < start + .seconds(3600))
        running.cancel()
    }

    @Test("its end is bounded: a call that hangs does not hold it up")
    func bounded() async throws {
        let spool = ScriptedSpool()
        let bench = try await bench(1, spool)
        let running = Task { await bench.drive() }
        bench.overflow?.resume()
        let hanging = try await bench.call()
        await bench.overflow?.finish(within: .seconds(2))
        #expect(spool.stored == ["id-m0"])
        hanging.accept()
        running.cancel()
    }
}
