import AWSCore
import Beacons
import CoreMetrics
import Operations

/// Carries one batch of items to the table at a time, until each item is settled.
struct TableWriter: Sendable {
    let table: any ItemTable
    let limit: CallLimit
    let conditions: Conditions
    let room: Room
    let metrics: WorkerMetrics
    let clock: WorkerClock
    let heartbeat: Heartbeat

    /// Writes until every item is confirmed or refused. What the table does not get to is tried again, without end; a
    /// refusal is traced to its item by splitting the batch.
    func put(_ batch: [Pending]) async {
        defer { heartbeat.rest() }
        var open = batch
        var attempt = 0
        while !open.isEmpty {
            await limit.acquire()
            heartbeat.beat()
            do throws(AWSError) {
                let missed = try await table.write(open.map { EncodedItem(json: $0.item.json) })
                limit.release(isThrottled: !missed.isEmpty)
                conditions.meet(.table)
                room.resume()
                attempt = missed.count < open.count ? 0 : attempt + 1
                open = confirm(open, but: missed)
            } catch {
                limit.release(isThrottled: error.category == .throttled)
                attempt += 1
                switch error.category {
                case .invalid where open.count == 1:
                    metrics.itemsRefused.increment()
                    return open[0].write.refuse(open[0].position, because: error)
                case .invalid:
                    await put(Array(open[..<(open.count / 2)]))
                    return await put(Array(open[(open.count / 2)...]))
                case .missing, .refused:
                    room.pause()
                    conditions.fail(.table, error)
                    // Nothing waits for a table in a drain: the messages go back.
                    if room.isClosed { return open.forEach { $0.write.abandon() } }
                case .unreachable, .throttled:
                    conditions.fail(.table, error)
                }
            }
            if !open.isEmpty {
                heartbeat.rest()
                metrics.itemsRetried.increment(by: open.count)
                try? await clock.sleep(clock.backoff(after: attempt))
            }
        }
    }

    /// Confirms all but those at the given positions.
    ///
    /// - Returns: Those.
    private func confirm(_ batch: [Pending], but missed: [Int]) -> [Pending] {
        metrics.itemsWritten.increment(by: batch.count - missed.count)
        if missed.isEmpty {
            var rest = batch[...]
            while let write = rest.first?.write {
                let own = rest.prefix { $0.write === write }
                write.confirm(own.count)
                rest = rest.dropFirst(own.count)
            }
            return []
        }
        let positions = Set(missed)
        for (position, pending) in batch.enumerated() where !positions.contains(position) { pending.write.confirm(1) }
        return missed.map { batch[$0] }
    }
}
