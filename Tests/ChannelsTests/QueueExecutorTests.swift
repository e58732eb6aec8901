import Channels
import Dispatch
import Testing

@Suite("A queue as executor")
struct QueueExecutorTests {
    /// Not guarded by anything: only a serial queue makes it right.
    final class Counter: @unchecked Sendable {  // touched on one serial queue alone
        var value = 0
    }

    @Test("Tasks on one queue never run at the same time, and what they call without isolation stays there")
    func serial() async {
        let executor = QueueExecutor(label: "serial")
        let counter = Counter()
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask(executorPreference: executor) {
                    for _ in 0..<500 {
                        await increment(counter)
                        await Task.yield()
                    }
                }
            }
        }
        #expect(counter.value == 4000)
    }

    @concurrent private func increment(_ counter: Counter) async {
        counter.value += 1
    }

    @Test("A task outlives the last reference to its executor")
    func lifetime() async {
        let gate = Channel<Int>()
        let task = Task(executorPreference: QueueExecutor(label: "short")) {
            var sum = 0
            for await number in gate { sum += number }
            return sum
        }
        for number in 1...10 { try? await gate.send(number) }
        gate.close()
        #expect(await task.value == 55)
    }
}
