import Beacons
import Channels

/// 7: the store gathers the items of several messages into full calls to the table, several calls in flight, and tells
/// each worker when the table has confirmed the last item of its slice.
final class Store: Sendable {
    private let linger: Duration
    private let clock: WorkerClock
    private let writers: [TableWriter]
    private let writes = Channel<Write>()
    private let batches = Channel<WriteBatch>()

    /// - Parameters:
    ///   - writers: One for each call that may be in flight.
    ///   - linger: How long an unfilled call waits for further items.
    ///   - clock: Measures the linger.
    init(_ writers: [TableWriter], linger: Duration, clock: WorkerClock) {
        self.writers = writers
        self.linger = linger
        self.clock = clock
    }

    /// Writes items; waits until the table has confirmed or refused each.
    func write(_ items: [Item]) async -> Write.Outcome {
        if items.isEmpty { return .written }
        let write = Write(items)
        do {
            try await writes.send(write)
        } catch {
            return .abandoned
        }
        return await write.outcome()
    }

    /// Works until closed.
    func run() async {
        await withTaskGroup { group in
            for writer in writers {
                group.addTask { [batches] in
                    for await batch in batches { await writer.put(batch.items) }
                }
            }
            await fillBatches()
            batches.close()
        }
    }

    /// Takes no further writes; those taken are finished.
    func close() {
        writes.close()
    }

    private func fillBatches() async {
        var open = WriteBatch()
        while true {
            let next =
                open.isEmpty
                ? await writes.receive() : await writes.receive(within: linger, timer: clock.timer)
            guard let write = next else {
                if open.isEmpty { return }
                await flush(&open)
                continue
            }
            for position in write.items.indices {
                let pending = Pending(write: write, position: position)
                if open.add(pending) { continue }
                await flush(&open)
                _ = open.add(pending)
            }
            if open.isFull { await flush(&open) }
        }
    }

    private func flush(_ batch: inout WriteBatch) async {
        try? await batches.send(batch)
        batch = WriteBatch()
    }
}
