import Channels
import Locking
import Operations
import Testing

@testable import AWSCore
@testable import Beacons
@testable import Worker

@Suite("The pipeline")
struct PipelineTests {
    @Test("Stores every item and deletes every message", arguments: [1, 4, 16])
    func all(workers: Int) async {
        let hand = HandClock()
        // So long that no time that passes shows a message twice.
        let queue = ScriptedQueue(hand, visibilityTimeout: .seconds(43_200))
        let bench = Bench(hand: hand, queue: queue, settings: PipelineSettings(workers: workers))
        bench.queue.send((0..<300).map { "\($0)a,\($0)b,\($0)c" })
        await bench.withPipeline {
            await bench.hand.run { bench.queue.isEmpty }
        }
        #expect(bench.table.keys.count == 900)
        #expect(bench.parts.hand.count == 0)
        // Nothing failed, so nothing was tried twice.
        #expect(bench.table.calls.joined().count == 900)
    }

    @Test("A message is deleted only when every item of it is written")
    func order() async {
        let hand = HandClock()
        let table = ScriptedTable()
        let violations = Guarded<[String]>([])
        let queue = ScriptedQueue(hand) { message in
            let keys = table.keys
            for key in message.body.split(separator: ",") where !keys.contains("e/\(key)") {
                violations.withLock { $0.append("\(message.id) without \(key)") }
            }
        }
        table.answer(.unprocessed([0, 5]), .error(.unreachable), .unprocessed([1]), .error(.throttled))
        let bench = Bench(hand: hand, queue: queue, table: table)
        queue.send((0..<100).map { "\($0)a,\($0)b,\($0)c" })
        await bench.withPipeline { await hand.run { queue.isEmpty } }
        #expect(violations.withLock { $0 } == [])
        #expect(table.keys.count == 300)
    }

    @Test("With nothing on the queue there is one long poll at a time")
    func idle() async {
        let bench = Bench(settings: PipelineSettings(workers: 64))
        await bench.withPipeline {
            await bench.hand.run { bench.queue.state.withLock { $0.polls.count } >= 10 }
        }
        #expect(bench.queue.state.withLock { $0.mostOpenPolls } == 1)
        #expect(bench.queue.state.withLock { $0.polls }.allSatisfy { $0 == .init(limit: 10, wait: .seconds(8)) })
    }

    @Test("No more messages are received than idle workers and the buffer can start")
    func bounded() async {
        let gate = Channel<Void>()
        let bench = Bench(table: ScriptedTable(gate: gate))
        bench.queue.send((0..<200).map { "\($0)" })
        let most = bench.settings.workers + bench.settings.bufferedMessages
        await bench.withPipeline {
            await bench.hand.run { bench.parts.busyWorkers.value == bench.settings.workers }
            for _ in 0..<1000 { await Task.yield() }
            #expect(bench.parts.hand.count <= most)
            #expect(bench.queue.visible.count >= 200 - most)
            gate.close()
            await bench.hand.run { bench.queue.isEmpty }
        }
    }

    @Test("A message received again while it is in hand is not worked twice, and is deleted with its newest handle")
    func redelivery() async {
        let gate = Channel<Void>()
        let bench = Bench(table: ScriptedTable(gate: gate))
        bench.queue.send(["a"])
        await bench.withPipeline {
            await bench.hand.run { bench.table.calls.count == 1 }
            bench.queue.redeliver("m0")
            await bench.hand.run { bench.parts.hand.receiptHandle(of: "m0") == "m0/2" }
            gate.close()
            await bench.hand.run { bench.queue.isEmpty }
        }
        #expect(bench.table.calls == [["e/a"]])
        #expect(bench.queue.state.withLock { $0.deletes } == [["m0/2"]])
    }

    @Test("A slow store: visibility is extended in time, and nothing is received twice")
    func slowStore() async {
        let gate = Channel<Void>()
        let hand = HandClock()
        let queue = ScriptedQueue(hand, visibilityTimeout: .seconds(5))
        let bench = Bench(hand: hand, queue: queue, table: ScriptedTable(gate: gate))
        queue.send((0..<10).map { "\($0)" })
        await bench.withPipeline {
            await hand.run { hand.now > .seconds(30) }
            #expect(queue.state.withLock { $0.messages.map(\.receipts) } == Array(repeating: 1, count: 10))
            gate.close()
            await hand.run { queue.isEmpty }
        }
        let hides = queue.state.withLock { $0.hides }
        #expect(hides.count >= 8)
        #expect(hides.allSatisfy { $0.count <= 10 && $0.allSatisfy { $0.visibilityTimeout == .seconds(5) } })
    }

    @Test("A message of an unknown version goes back for a while, longer each time, and is never deleted")
    func unknownVersion() async {
        let bench = Bench()
        bench.queue.send(["v2", "a"])
        await bench.withPipeline {
            await bench.hand.run { bench.queue.state.withLock { $0.hides.count } >= 5 }
        }
        let delays = bench.queue.state.withLock { $0.hides.joined().map(\.visibilityTimeout) }
        #expect(delays.prefix(5) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16)])
        #expect(bench.queue.state.withLock { $0.deleted } == ["m1"])
        #expect(bench.parts.hand.count == 0)
    }

    @Test("A refused item goes to quarantine alone, the others of its message are stored, the message is deleted")
    func poison() async {
        let bench = Bench()
        bench.table.refuse("e/bad")
        bench.queue.send(["a,bad,b", "c"])
        await bench.withPipeline { await bench.hand.run { bench.queue.isEmpty } }
        #expect(bench.table.keys == ["e/a", "e/b", "e/c", "q/bad"])
    }

    @Test("A message of several slices is deleted once the last is stored, and what is refused of any is quarantined")
    func slices() async {
        let gate = Channel<Void>()
        let bench = Bench(table: ScriptedTable(gate: gate))
        bench.table.refuse("e/bad", "e/worse")
        bench.queue.send(["a,bad|b|worse"])
        await bench.withPipeline {
            await bench.hand.run { bench.table.calls.count == 1 }
            for _ in 0..<1000 { await Task.yield() }
            #expect(bench.table.calls == [["e/a", "e/bad"]], "a slice is stored before the next is made")
            #expect(bench.queue.state.withLock { $0.deletes.isEmpty })
            gate.close()
            await bench.hand.run { bench.queue.isEmpty }
        }
        #expect(bench.table.keys == ["e/a", "e/b", "q/bad", "q/worse"])
    }

    @Test("A table that refuses even quarantine refuses for good: nothing is deleted until it is mended")
    func wrongTable() async {
        let bench = Bench()
        bench.table.refuse("e/a", "q/a")
        bench.queue.send(["a"])
        await bench.withPipeline {
            await bench.hand.run { bench.readiness.failures["table"] != nil }
            #expect(!bench.queue.isEmpty)
            bench.table.state.withLock { $0.poison = [] }
            await bench.hand.run { bench.queue.isEmpty }
        }
        #expect(bench.table.keys == ["q/a"])
        #expect(bench.readiness.isReady)
    }

    @Test("A queue that is missing at first is polled on, and said once")
    func missingQueue() async {
        let bench = Bench()
        bench.queue.state.withLock { $0.receiveErrors = Array(repeating: .missingQueue, count: 6) }
        bench.queue.send(["a"])
        await bench.withPipeline { await bench.hand.run { bench.queue.isEmpty } }
        #expect(bench.log.lines.filter { $0.contains("worker setup") }.count == 1)
        #expect(bench.readiness.isReady)
    }

    @Test("Stages that wait for work are alive, however long; one that does not come back from a call is not")
    func liveness() async {
        let gate = Channel<Void>()
        let bench = Bench(table: ScriptedTable(gate: gate), settings: PipelineSettings(workers: 64))
        await bench.withPipeline {
            bench.queue.send((0..<100).map { "\($0)" })
            await bench.hand.run { bench.table.calls.count >= 2 }
            await bench.hand.run { bench.hand.now > .seconds(300) }
            #expect(Set(bench.liveness.stuck) == ["store"])
            gate.close()
            await bench.hand.run { bench.queue.isEmpty }
            let end = bench.hand.now + .seconds(600)
            await bench.hand.run { bench.hand.now > end }
            #expect(bench.liveness.stuck == [])
        }
        #expect(bench.liveness.stuck == [])
    }

    @Test("One that does not come back from giving messages back, or from hiding them, is not alive either")
    func hidingLiveness() async {
        let (tableGate, hideGate) = (Channel<Void>(), Channel<Void>())
        let hand = HandClock()
        let bench = Bench(
            hand: hand, queue: ScriptedQueue(hand, hideGate: hideGate), table: ScriptedTable(gate: tableGate))
        await bench.withPipeline {
            bench.queue.send(["v2", "a"])
            await hand.run { hand.now > .seconds(200) }
            #expect(Set(bench.liveness.stuck) == ["returner", "store", "visibility"])
            hideGate.close()
            tableGate.close()
            await hand.run { bench.queue.state.withLock { $0.deleted } == ["m1"] }
        }
    }

    @Test("A backlog wakes the other receivers")
    func helpers() async {
        let bench = Bench(settings: PipelineSettings(workers: 64))
        bench.queue.send((0..<2000).map { "\($0)" })
        await bench.withPipeline { await bench.hand.run { bench.queue.isEmpty } }
        #expect(bench.queue.state.withLock { $0.polls.contains { $0.wait == .seconds(1) } })
        #expect(bench.table.keys.count == 2000)
    }
}
