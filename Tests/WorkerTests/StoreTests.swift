import Channels
import Locking
import Operations
import Testing

@testable import AWSCore
@testable import Beacons
@testable import Worker

extension Write.Outcome {
    var isWritten: Bool { if case .written = self { true } else { false } }
    var isAbandoned: Bool { if case .abandoned = self { true } else { false } }
    var refusedPositions: [Int] {
        if case .refused(let refusals) = self { refusals.map(\.position).sorted() } else { [] }
    }
}

@Suite("The store")
struct StoreTests {
    private func items(_ keys: [String]) -> [Item] { keys.map { .test($0) } }

    @Test("Items of several messages share a call once the linger has passed")
    func shared() async {
        let bench = Bench()
        await bench.withStore { store in
            await withTaskGroup { group in
                for message in 0..<3 {
                    group.addTask {
                        #expect(await store.write(items(["\(message)a", "\(message)b"])).isWritten)
                    }
                    // Each has the store linger anew.
                    await bench.hand.untilSleeping(message + 1)
                }
                #expect(bench.table.calls.isEmpty)
                bench.hand.advance(by: bench.settings.storeLinger)
            }
            #expect(bench.table.calls.map(\.count) == [6])
        }
    }

    @Test("Full calls do not linger, and a message's items go into as many as they need")
    func fullCalls() async {
        let bench = Bench()
        await bench.withStore { store in
            #expect(await store.write(items((0..<100).map { "k\($0)" })).isWritten)
            #expect(bench.table.calls.map(\.count).sorted() == [25, 25, 25, 25])
            #expect(bench.table.keys.count == 100)
        }
    }

    @Test("A message without items is written at once")
    func empty() async {
        let bench = Bench()
        await bench.withStore { store in #expect(await store.write([]).isWritten) }
        #expect(bench.table.calls.isEmpty)
    }

    @Test("The same key never comes twice in a call, and both messages are confirmed")
    func duplicateKeys() async {
        let bench = Bench()
        await bench.withStore { store in
            await withTaskGroup { group in
                for _ in 0..<4 { group.addTask { #expect(await store.write(items(["same", "x"])).isWritten) } }
                await bench.hand.run { bench.table.calls.joined().count == 8 }
            }
        }
        for call in bench.table.calls { #expect(Set(call).count == call.count) }
        #expect(bench.table.calls.joined().count == 8)
    }

    @Test("What the table does not get to is put again until it is written, and only that")
    func unprocessed() async {
        let bench = Bench()
        bench.table.answer(.unprocessed([3, 7]), .unprocessed([1]))
        await written(items((0..<25).map { "k\($0)" }), bench)
        #expect(bench.table.calls.map(\.count) == [25, 2, 1])
        #expect(bench.table.calls.last == ["e/k7"])
        #expect(bench.table.keys.count == 25)
    }

    @Test("A call that fails in passing is made again", arguments: [AWSError.unreachable, .throttled])
    func retried(error: AWSError) async {
        let bench = Bench()
        bench.table.answer(.error(error), times: 5)
        await written(items((0..<25).map { "k\($0)" }), bench)
        #expect(bench.table.calls.map(\.count) == Array(repeating: 25, count: 6))
        #expect(bench.table.keys.count == 25)
        #expect(bench.readiness.isReady)
    }

    /// Writes while time passes, and expects all to be written.
    private func written(_ items: [Item], _ bench: Bench) async {
        await bench.withStore { store in
            let isDone = SharedCount(0)
            async let outcome = {
                defer { isDone.value = 1 }
                return await store.write(items)
            }()
            await bench.hand.run { isDone.value == 1 }
            #expect(await outcome.isWritten)
        }
    }

    @Test("An item that the table refuses is found, and all others are written", arguments: [0, 7, 24])
    func poison(position: Int) async {
        let bench = Bench()
        bench.table.refuse("e/k\(position)")
        await bench.withStore { store in
            let outcome = await store.write(items((0..<25).map { "k\($0)" }))
            #expect(outcome.refusedPositions == [position])
        }
        #expect(bench.table.keys.count == 24)
        #expect(bench.readiness.isReady)
    }

    @Test("A refusal concerns its own message, not those that share the call")
    func poisonOfAnother() async {
        let bench = Bench()
        bench.table.refuse("e/bad")
        await bench.withStore { store in
            async let good = store.write(items(["a", "b"]))
            await bench.hand.untilSleeping(1)
            async let bad = store.write(items(["bad", "c"]))
            await bench.hand.untilSleeping(2)
            bench.hand.advance(by: .seconds(1))
            #expect(await good.isWritten)
            #expect(await bad.refusedPositions == [0])
        }
        #expect(bench.table.keys == ["e/a", "e/b", "e/c"])
    }

    @Test(
        "A table that refuses for good stops receiving and shows it, says it once, and goes on once it is back",
        arguments: [
            (AWSError.missingTable, "worker setup"), (.denied, "dynamodb:BatchWriteItem"),
            // Of a proxy, not of DynamoDB: no item's fault.
            (.notFound, "check its settings"),
        ])
    func refusal(error: AWSError, advice: String) async {
        let bench = Bench()
        bench.table.answer(.error(error), times: 4)
        await bench.withStore { store in
            let isDone = SharedCount(0)
            async let outcome = {
                defer { isDone.value = 1 }
                return await store.write(items((0..<25).map { "k\($0)" }))
            }()
            await bench.hand.untilSleeping(1)
            #expect(bench.readiness.failures.keys.contains("table"))
            let reserved = Task { await bench.parts.room.reserve()?.count }
            await bench.hand.run { isDone.value == 1 }
            #expect(await outcome.isWritten)
            #expect(await reserved.value == 10)
        }
        #expect(bench.readiness.isReady)
        let warnings = bench.log.lines.filter { $0.hasPrefix("warning") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains(advice) == true)
    }

    @Test("In a drain, a table that fails is given up", arguments: [AWSError.missingTable, .unreachable, .throttled])
    func drain(error: AWSError) async {
        let bench = Bench()
        bench.parts.room.close()
        bench.table.answer(.error(error), times: 100)
        await bench.withStore { store in
            #expect(await store.write(items((0..<25).map { "k\($0)" })).isAbandoned)
        }
    }

    @Test("No more calls are in flight than allowed, however many items wait")
    func bounded() async {
        var settings = PipelineSettings(workers: 4)
        settings.storeCalls = 3
        let gate = Channel<Void>()
        let bench = Bench(table: ScriptedTable(gate: gate), settings: settings)
        await bench.withStore { store in
            await withTaskGroup { group in
                group.addTask { #expect(await store.write(items((0..<500).map { "k\($0)" })).isWritten) }
                for _ in 0..<20 { try? await gate.send(()) }
            }
        }
        #expect(bench.table.state.withLock { $0.mostOpenCalls } <= 3)
        #expect(bench.table.keys.count == 500)
    }
}
