import AWSCore
import Channels
import CoreMetrics
import Logging
import Operations

/// 8: the dequeuer deletes the messages whose items are all written, ten at a time.
struct Dequeuer: Sendable {
    let queue: any MessageQueue
    let hand: MessagesInHand
    let done: Channel<MessageID>
    let conditions: Conditions
    let metrics: WorkerMetrics
    let clock: WorkerClock
    let heartbeat: Heartbeat
    let logger: Logger
    /// How long an unfilled batch waits for further messages.
    let linger: Duration

    /// Works until the channel is closed and drained.
    func run() async {
        while true {
            heartbeat.rest()
            let batch = await done.receive(upTo: sqsMaxBatchEntries, linger: linger, timer: clock.timer)
            if batch.isEmpty { return }
            await delete(batch)
        }
    }

    /// Deletes until each message is deleted or its handle is dead.
    private func delete(_ batch: [MessageID]) async {
        var open = batch
        var attempt = 0
        while !open.isEmpty {
            heartbeat.beat()
            open = await deleteOnce(open)
            attempt += 1
            if !open.isEmpty { try? await clock.sleep(clock.backoff(after: attempt)) }
        }
    }

    /// - Returns: The messages to try again.
    private func deleteOnce(_ ids: [MessageID]) async -> [MessageID] {
        // The handles of now: a message may have been received again since.
        let held = ids.compactMap { id in hand.receiptHandle(of: id).map { (id: id, receiptHandle: $0) } }
        if held.isEmpty { return [] }
        do throws(AWSError) {
            let failures = try await queue.delete(held.map(\.receiptHandle))
            conditions.meet(.deleting)
            return zip(held, failures).compactMap { held, failure in
                isSettled(held.id, held.receiptHandle, failure) ? nil : held.id
            }
        } catch {
            metrics.deleteFailed.increment(by: held.count)
            conditions.fail(.deleting, error)
            guard error.category == .missing else { return held.map(\.id) }
            for (id, _) in held { hand.release(id) }  // the messages went with their queue
            return []
        }
    }

    private func isSettled(_ id: MessageID, _ receiptHandle: String, _ failure: BatchEntryError?) -> Bool {
        guard let failure else {
            metrics.deleted.increment()
            return hand.release(id, deletedWith: receiptHandle)
        }
        metrics.deleteFailed.increment()
        guard failure.senderFault else { return false }
        // A dead handle: the message comes again, and the same items are written again.
        logger.warning(
            "a message could not be deleted and will come again",
            metadata: ["message": "\(id)", "reason": "\(failure.code): \(failure.message)"])
        return hand.release(id, deletedWith: receiptHandle)
    }
}
