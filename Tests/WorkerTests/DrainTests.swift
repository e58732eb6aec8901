import Channels
import Locking
import Operations
import Testing

@testable import AWSCore
@testable import Beacons
@testable import Worker

@Suite("Draining the pipeline")
struct DrainTests {
    @Test("Finishes what was started, gives back what was not, leaves nothing hidden")
    func drain() async {
        let gate = Channel<Void>()
        let bench = Bench(table: ScriptedTable(gate: gate))
        bench.queue.send((0..<50).map { "\($0)" })
        let stop = Channel<Void>()
        let isDone = SharedCount(0)
        let running = Task {
            await Pipeline(settings: bench.settings, parts: bench.parts).run { _ = await stop.receive() }
            isDone.value = 1
        }
        await bench.hand.run { bench.parts.hand.count == 10 && bench.parts.busyWorkers.value == 4 }
        stop.close()
        // What waits to be started goes back while the store still has the others.
        await bench.hand.run { bench.queue.visible.count == 50 - bench.settings.workers }
        #expect(isDone.value == 0)
        gate.close()
        await bench.hand.run { isDone.value == 1 }
        await running.value
        #expect(bench.queue.state.withLock { $0.deleted.count } == bench.settings.workers)
        #expect(bench.table.keys.count == bench.settings.workers)
        #expect(bench.queue.visible.count == 50 - bench.settings.workers)
        #expect(bench.parts.hand.count == 0)
    }

    @Test("A long poll in flight ends by itself, and what it brings goes back")
    func longPoll() async {
        let bench = Bench()
        let stop = Channel<Void>()
        let isDone = SharedCount(0)
        let running = Task {
            await Pipeline(settings: bench.settings, parts: bench.parts).run { _ = await stop.receive() }
            isDone.value = 1
        }
        await until { bench.queue.state.withLock { $0.openPolls } == 1 }
        stop.close()
        await until { bench.parts.room.isClosed }
        bench.queue.send(["late"])
        await bench.hand.run { isDone.value == 1 }
        await running.value
        #expect(bench.queue.visible == ["m0"])
        #expect(bench.queue.state.withLock { $0.polls.count } == 1)
        #expect(bench.table.keys.isEmpty)
    }

    @Test("With a table that refuses for good it ends, and what was started goes back")
    func refusingTable() async {
        let bench = Bench()
        bench.table.answer(.error(.missingTable), times: 10_000)
        bench.queue.send((0..<10).map { "\($0)" })
        await bench.withPipeline {
            await bench.hand.run { bench.readiness.failures["table"] != nil }
        }
        #expect(bench.queue.visible.count == 10)
        #expect(bench.queue.state.withLock { $0.deleted } == [])
    }

    @Test("Visibility is extended through the drain")
    func extended() async {
        let gate = Channel<Void>()
        let hand = HandClock()
        let queue = ScriptedQueue(hand, visibilityTimeout: .seconds(5))
        let bench = Bench(hand: hand, queue: queue, table: ScriptedTable(gate: gate))
        queue.send(["a"])
        let stop = Channel<Void>()
        let isDone = SharedCount(0)
        let running = Task {
            await Pipeline(settings: bench.settings, parts: bench.parts).run { _ = await stop.receive() }
            isDone.value = 1
        }
        await hand.run { bench.table.calls.count == 1 }
        stop.close()
        let begin = hand.now
        await hand.run { hand.now > begin + .seconds(20) }
        #expect(queue.visible.isEmpty)
        gate.close()
        await hand.run { isDone.value == 1 }
        await running.value
        #expect(queue.isEmpty)
    }

    @Test("What a dead worker left is done by the next, with the same items")
    func crash() async {
        let hand = HandClock()
        let queue = ScriptedQueue(hand, visibilityTimeout: .seconds(30))
        let table = ScriptedTable()
        queue.send((0..<20).map { "\($0)a,\($0)b" })
        // The first worker has written some items and deleted nothing when it dies.
        let dead = try? await queue.receive(upTo: 10, wait: .zero)
        for message in dead?.prefix(3) ?? [] {
            let key = String(decoding: message.body, as: UTF8.self).prefix { $0 != "," }
            _ = try? await table.write([EncodedItem(json: Item.test(String(key)).json)])
        }
        let bench = Bench(hand: hand, queue: queue, table: table)
        await bench.withPipeline { await hand.run { queue.isEmpty } }
        #expect(table.keys.count == 40)
        #expect(hand.now >= .seconds(30))
    }
}
