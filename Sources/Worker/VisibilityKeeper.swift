import AWSCore
import Operations

/// Keeps the messages in hand hidden from other processes: extends each before half of its time has passed twice,
/// until its delete is confirmed.
struct VisibilityKeeper: Sendable {
    let queue: any MessageQueue
    let hand: MessagesInHand
    let conditions: Conditions
    let clock: WorkerClock
    let heartbeat: Heartbeat

    /// Works until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            heartbeat.beat()
            // All at once: a call that is slow holds up no other.
            await withTaskGroup { group in
                var rest = hand.due(at: clock.now())[...]
                while !rest.isEmpty {
                    let messages = rest.prefix(sqsMaxBatchEntries)
                    group.addTask { await extend(messages) }
                    rest = rest.dropFirst(sqsMaxBatchEntries)
                }
            }
            heartbeat.rest()
            // Due after half of the time, looked for every eighth: no call begins later than after five eighths.
            try? await clock.sleep(max(.milliseconds(100), hand.visibilityTimeout / 8))
        }
    }

    private func extend(_ messages: ArraySlice<(id: MessageID, receiptHandle: String)>) async {
        let timeout = hand.visibilityTimeout
        let now = clock.now()
        do throws(AWSError) {
            let failures = try await queue.hide(messages.map { ($0.receiptHandle, timeout) })
            conditions.meet(.hiding)
            for (message, failure) in zip(messages, failures) where failure == nil {
                hand.extended(message.id, at: now)
            }
        } catch {
            conditions.fail(.hiding, error)  // tried again at the next look
        }
    }
}
