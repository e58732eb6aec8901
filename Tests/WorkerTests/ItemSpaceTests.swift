import AWSCore
import Channels
import Locking
import Testing

@testable import Beacons
@testable import Worker

@Suite("Space for items")
struct ItemSpaceTests {
    @Test("Those who wait go on, all of them, once there is space", .timeLimit(.minutes(1)))
    func waits() async {
        let space = ItemSpace(bytes: .bytes(1000))
        await space.reserve(.bytes(100))
        await space.reserve(.bytes(100))
        let sizes = ["a", "b"].map { space.settle(.bytes(100), with: [.test($0, size: 1000)]) }
        let passed = SharedCount(0)
        let waiting = (0..<3).map { _ in
            Task {
                await space.reserve(.bytes(1))
                passed.add(1)
            }
        }
        space.give(sizes[0])
        for _ in 0..<1000 { await Task.yield() }
        #expect(passed.value == 0)
        space.give(sizes[1])
        for task in waiting { await task.value }
        #expect(passed.value == 3)
    }

    @Test("While more items wait for the table than there is space for, the next message is not processed")
    func bounded() async {
        let gate = Channel<Void>()
        var settings = PipelineSettings(workers: 4)
        settings.bytesOfItems = .bytes(0)
        settings.storeLinger = .milliseconds(1)
        let bench = Bench(table: ScriptedTable(gate: gate), settings: settings)
        bench.queue.send((0..<8).map { "\($0)" })
        await bench.withPipeline {
            await bench.hand.run { bench.table.calls.count == 1 && bench.parts.busyWorkers.value == 4 }
            for _ in 0..<1000 { await Task.yield() }
            #expect(bench.table.calls.count == 1)
            gate.close()
            await bench.hand.run { bench.queue.isEmpty }
        }
        #expect(bench.table.calls.allSatisfy { $0.count == 1 })
        #expect(bench.table.keys.count == 8)
    }
}
