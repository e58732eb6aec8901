import AWSCore
import Beacons
import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import Catcher

/// A sender whose time the test moves and whose queue the test plays.
final class SenderBench: Sendable {
    struct Outcome: Sendable {
        let id: String
        let status: Int
    }

    let loop = NIOAsyncTestingEventLoop()
    let sink = ScriptedSink()
    let sender: Sender
    let overflow: Overflow?
    private let outcomes: AsyncStream<Outcome>

    init(calls: Int = 8, spool: (any Spool)? = nil, change: (inout Sender.Options) -> Void = { _ in }) {
        let (stream, continuation) = AsyncStream<Outcome>.makeStream()
        outcomes = stream
        var options = Sender.Options()
        options.calls = calls
        options.random = { 1 }
        change(&options)
        let (loop, sink, metrics, logger) = (loop, sink, CatcherMetrics(), Logger(label: "test"))
        overflow = spool.map { Overflow(spool: $0, sink: sink, loop: loop, metrics: metrics, logger: logger) }
        sender = Sender(
            sink: sink, overflow: overflow, loop: loop, options: options, metrics: metrics, logger: logger
        ) { message, refusal in
            continuation.yield(Outcome(id: message.id, status: refusal?.status ?? 200))
        }
    }

    /// Sends a message of a size.
    @discardableResult
    func send(_ size: Int = 100, ids: inout UUIDv7Generator) async -> PackedMessage {
        let message = PackedMessage(
            id: ids.next(at: Timestamp(milliseconds: 1_760_000_000_000)).description,
            bytes: Array(repeating: 0x61, count: size),
            beacons: 1, pendingBytes: size, openedAt: loop.now, waiting: [[]])
        sender.send(message)
        await loop.run()
        return message
    }

    func call() async throws -> ScriptedSink.Call { try #require(await sink.next()) }

    /// Waits for outcomes, which come when the loop has heard of them.
    func outcomes(_ count: Int) async -> [Outcome] {
        var found: [Outcome] = []
        for await outcome in outcomes {
            found.append(outcome)
            if found.count == count { break }
        }
        return found
    }
}

@Suite("The sender", .timeLimit(.minutes(1)))
struct SenderTests {
    @Test("a message is settled when the queue has accepted it")
    func accepted() async throws {
        let bench = SenderBench()
        var ids = UUIDv7Generator()
        let message = await bench.send(ids: &ids)
        let call = try await bench.call()
        #expect(call.messages.map(\.id) == [message.id])
        call.accept()
        let running = Task { await bench.drive() }
        #expect(await bench.outcomes(1).map(\.status) == [200])
        running.cancel()
    }

    @Test("what gathers while calls are in flight shares the next one, at most ten and 1 MiB")
    func batches() async throws {
        let bench = SenderBench(calls: 1)
        var ids = UUIDv7Generator()
        let running = Task { await bench.drive() }
        await bench.send(ids: &ids)
        let first = try await bench.call()
        for _ in 0..<12 { await bench.send(ids: &ids) }
        for _ in 0..<3 { await bench.send(400_000, ids: &ids) }
        #expect(first.messages.count == 1)
        first.accept()
        var counts: [Int] = []
        for _ in 0..<3 {
            let call = try await bench.call()
            counts.append(call.messages.count)
            #expect(call.messages.map(\.bytes.count).reduce(0, +) <= 1_048_576)
            call.accept()
        }
        #expect(counts == [10, 4, 1])
        #expect(await bench.outcomes(16).allSatisfy { $0.status == 200 })
        running.cancel()
    }

    @Test("several calls are in flight")
    func inFlight() async throws {
        let bench = SenderBench(calls: 3)
        var ids = UUIDv7Generator()
        var calls: [ScriptedSink.Call] = []
        for _ in 0..<3 {
            await bench.send(ids: &ids)
            calls.append(try await bench.call())
        }
        let running = Task { await bench.drive() }
        for call in calls.reversed() { call.accept() }
        #expect(await bench.outcomes(3).count == 3)
        running.cancel()
    }

    @Test("a failed entry is sent again alone with the same bytes and id; the others are settled at once")
    func partly() async throws {
        let bench = SenderBench(calls: 1)
        var ids = UUIDv7Generator()
        let running = Task { await bench.drive() }
        await bench.send(ids: &ids)
        let first = try await bench.call()
        for _ in 0..<3 { await bench.send(ids: &ids) }
        first.accept()
        let call = try await bench.call()
        call.answer([.accepted, .failed("InternalError"), .accepted])
        #expect(await bench.outcomes(3).count == 3)
        let again = try await bench.call()
        #expect(again.messages.map(\.id) == [call.messages[1].id])
        #expect(again.messages.map(\.bytes) == [call.messages[1].bytes])
        again.accept()
        #expect(await bench.outcomes(1).map(\.status) == [200])
        running.cancel()
    }

    @Test("a call that fails whole is made again until the beacons have waited too long, then 503")
    func timeout() async throws {
        let bench = SenderBench()
        var ids = UUIDv7Generator()
        let running = Task { await bench.drive() }
        let message = await bench.send(ids: &ids)
        var attempts = 0
        let script = Task {
            while let call = await bench.sink.next() {
                attempts += 1
                #expect(call.messages.map(\.id) == [message.id])
                call.answer([.failed("ServiceUnavailable")])
            }
            return attempts
        }
        #expect(await bench.outcomes(1).map(\.status) == [503])
        script.cancel()
        // 50, 100, … 800 ms, then each second, within five seconds.
        #expect(await script.value >= 5)
        running.cancel()
    }

    @Test("while nothing is taken, two calls at a time find out, whatever else hangs")
    func probing() async throws {
        let bench = SenderBench(calls: 5)
        var ids = UUIDv7Generator()
        var calls: [ScriptedSink.Call] = []
        for _ in 0..<5 {
            await bench.send(ids: &ids)
            calls.append(try await bench.call())
        }
        let running = Task { await bench.drive() }
        for call in calls.dropFirst(2) { call.answer([.failed("ServiceUnavailable")]) }
        let probe = try await bench.call()
        #expect(probe.messages.count == 3)
        await bench.send(ids: &ids)
        let other = try await bench.call()
        #expect(other.messages.count == 1)
        var later: [String] = []
        for _ in 0..<20 { later.append(await bench.send(100_000, ids: &ids).id) }
        probe.accept()
        #expect(await bench.outcomes(3).map(\.status) == [200, 200, 200])
        // Next to those that hang, and what came while it was tried shares calls.
        let next = try await [bench.call(), bench.call()]
        #expect(next.flatMap { $0.messages.map(\.id) } == later)
        for call in next { call.accept() }
        for call in calls.prefix(2) + [other] { call.accept() }
        #expect(await bench.outcomes(23).map(\.status) == Array(repeating: 200, count: 23))
        running.cancel()
    }

    @Test("a call that hangs is given up with its beacons, and makes room for others")
    func hanging() async throws {
        let bench = SenderBench(calls: 1)
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        let hanging = try await bench.call()
        let running = Task { await bench.drive() }
        #expect(await bench.outcomes(1).map(\.status) == [503])
        await bench.send(ids: &ids)
        try await bench.call().accept()
        #expect(await bench.outcomes(1).map(\.status) == [200])
        hanging.accept()
        running.cancel()
    }

    @Test("a message whose call was given up leaves nothing behind")
    func forgotten() async throws {
        let bench = SenderBench(calls: 1)
        var ids = UUIDv7Generator()
        let running = Task { await bench.drive() }
        weak let message = await bench.send(ids: &ids)
        try await {
            let hanging = try await bench.call()
            #expect(await bench.outcomes(1).map(\.status) == [503])
            hanging.answer([.failed("cancelled")])
        }()
        await bench.until { message == nil }
        running.cancel()
    }

    @Test(
        "where nothing can be sent until someone acts, or a message never, the answer is 503 at once",
        arguments: [SinkOutcome.cutOff("no queue"), .refused("InvalidMessageContents")])
    func atOnce(_ outcome: SinkOutcome) async throws {
        let bench = SenderBench()
        var ids = UUIDv7Generator()
        await bench.send(ids: &ids)
        let call = try await bench.call()
        let start = bench.loop.now
        call.answer([outcome])
        // Without the time moving.
        let running = Task { while !Task.isCancelled { await bench.loop.run(); await Task.yield() } }
        #expect(await bench.outcomes(1).map(\.status) == [503])
        #expect(bench.loop.now == start)
        running.cancel()
    }

    @Test("it is idle when nothing is unsettled")
    func idle() async throws {
        let bench = SenderBench()
        var ids = UUIDv7Generator()
        let running = Task { await bench.drive() }
        await withCheckedContinuation { continuation in bench.sender.whenIdle { continuation.resume() } }
        await bench.send(ids: &ids)
        let call = try await bench.call()
        async let idle: Void = withCheckedContinuation { continuation in
            bench.sender.whenIdle { continuation.resume() }
        }
        call.accept()
        await idle
        running.cancel()
    }
}

extension SenderBench {
    /// Waits until something holds, while ``drive()`` runs.
    func until(_ condition: () -> Bool) async {
        while !condition() { await Task.yield() }
    }

    /// Moves the loop's time on, a little at a time, until the task is cancelled.
    func drive() async {
        while !Task.isCancelled {
            await loop.advanceTime(by: .milliseconds(10))
            await Task.yield()
        }
    }
}
