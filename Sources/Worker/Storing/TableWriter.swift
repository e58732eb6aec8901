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
                limit.release(after: missed.isEmpty ? .success : .throttled)
                conditions.meet(.writing)
                room.resume()
                attempt = missed.count < open.count ? 0 : attempt + 1
                open = confirm(open, but: missed)
            } catch {
                limit.release(after: error.category == .throttled ? .throttled : .failure)
                attempt += 1
                switch error.category {
                case .invalid where error.isOfAnItem && open.count == 1:
                    metrics.itemsRefused.increment()
                    return open[0].write.refuse(open[0].position, because: error)
                case .invalid where error.isOfAnItem:
                    await put(Array(open[..<(open.count / 2)]))
                    return await put(Array(open[(open.count / 2)...]))
                case .missing, .refused, .invalid:
                    room.pause()
                    conditions.fail(.writing, error)
                case .unreachable, .throttled:
                    conditions.fail(.writing, error)
                }
                // Nothing waits for a table in a drain: the messages go back.
                if room.isClosed { return open.forEach { $0.write.abandon() } }
            }
            if room.isClosed && attempt > Self.triesInDrain { return open.forEach { $0.write.abandon() } }
            if !open.isEmpty {
                heartbeat.rest()
                metrics.itemsRetried.increment(by: open.count)
                try? await clock.sleep(clock.backoff(after: attempt))
            }
        }
    }

    /// How often the table may get to none of the items before they are given up in a drain.
    private static let triesInDrain = 3

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

extension AWSError {
    /// Whether DynamoDB refuses an item for what it is. Any other refusal, a proxy's among them, says nothing of items.
    fileprivate var isOfAnItem: Bool { code == "ValidationException" || code == "SerializationException" }
}
