import Beacons
import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

@Suite("The sender with a spool that fails, or little time", .timeLimit(.minutes(1)))
struct BrokenSpoolTests {
    @Test(
        "a spool that takes nothing is no worse than none: sending goes on",
        arguments: [SpoolError.full, .broken("I/O")])
    func goesOn(_ error: SpoolError) async throws {
        let spool = ScriptedSpool()
        spool.fail(error)
        let bench = SenderBench(spool: spool) { $0.ackTimeout = .seconds(600) }
        let running = Task { await bench.drive() }
        var ids = UUIDv7Generator()
        let sent = await bench.send(ids: &ids)
        for _ in 0..<3 { try await bench.call().answer([.failed("ServiceUnavailable")]) }
        let last = try await bench.call()
        #expect(last.messages.map(\.id) == [sent.id])
        last.accept()
        #expect(await bench.outcomes(1).map(\.status) == [200])
        running.cancel()
    }

    @Test("a call that hangs past a failing spool still settles its beacons")
    func hanging() async throws {
        let spool = ScriptedSpool()
        spool.fail(.broken("I/O"))
        let bench = SenderBench(spool: spool)
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        let call = try await bench.call()
        await bench.loop.advanceTime(by: .seconds(2))
        let running = Task { await bench.stand() }
        call.accept()
        #expect(await bench.outcomes(1).map(\.status) == [200])
        running.cancel()
    }

    @Test(
        "with both failing the answer is 503 when the time is over",
        arguments: [SpoolError.full, .broken("I/O")])
    func over(_ error: SpoolError) async throws {
        let spool = ScriptedSpool()
        spool.fail(error)
        let bench = SenderBench(spool: spool)
        let running = Task { await bench.drive() }
        var ids = UUIDv7Generator()
        let start = bench.loop.now
        await bench.send(ids: &ids)
        let script = Task { while let call = await bench.sink.next() { call.answer([.failed("503")]) } }
        #expect(await bench.outcomes(1).map(\.status) == [503])
        #expect(bench.loop.now >= start + .seconds(5))
        script.cancel()
        running.cancel()
    }

    @Test("the spool takes what waits too long, however late it is to be asked", arguments: [1, 5, 60])
    func late(_ spoolAfter: Int) async throws {
        let spool = ScriptedSpool()
        let bench = SenderBench(spool: spool) { options in
            options.ackTimeout = .seconds(5)
            options.spoolAfter = .seconds(spoolAfter)
        }
        var ids = UUIDv7Generator()
        let sent = await bench.send(ids: &ids)
        let hanging = try await bench.call()
        // Some of the time that the beacons wait is left for the commit.
        await bench.loop.advanceTime(by: .seconds(4))
        let running = Task { await bench.stand() }
        #expect(await bench.outcomes(1).map(\.status) == [200])
        #expect(spool.stored == [sent.id])
        hanging.accept()
        running.cancel()
    }

    @Test("a spool that works again is asked once more before 503")
    func lastTry() async throws {
        let spool = ScriptedSpool()
        spool.fail(.broken("I/O"))
        let bench = SenderBench(spool: spool)
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        try await bench.call().answer([.failed("503")])
        let standing = Task { await bench.stand() }
        let hanging = try await bench.call()
        standing.cancel()
        spool.fail(nil)
        let running = Task { await bench.drive() }
        #expect(await bench.outcomes(1).map(\.status) == [200])
        hanging.accept()
        running.cancel()
    }
}

extension SenderBench {
    /// Lets the loop do what is due, without its time moving, until the task is cancelled.
    func stand() async {
        while !Task.isCancelled {
            await loop.run()
            await Task.yield()
        }
    }
}
