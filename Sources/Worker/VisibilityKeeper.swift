import AWSCore

/// Keeps the messages in hand hidden from other processes: extends each before half of its time has passed twice,
/// until its delete is confirmed.
struct VisibilityKeeper: Sendable {
    let queue: any MessageQueue
    let hand: MessagesInHand
    let conditions: Conditions
    let clock: WorkerClock

    /// Works until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let due = hand.due(at: clock.now())
            var rest = due[...]
            while !rest.isEmpty {
                await extend(rest.prefix(sqsMaxBatchEntries))
                rest = rest.dropFirst(sqsMaxBatchEntries)
            }
            // Due after half of the time, looked for every eighth: no call is later than five eighths.
            try? await clock.sleep(max(.milliseconds(100), hand.visibilityTimeout / 8))
        }
    }

    private func extend(_ messages: ArraySlice<(id: MessageID, receiptHandle: String)>) async {
        let timeout = hand.visibilityTimeout
        let now = clock.now()
        do throws(AWSError) {
            let failures = try await queue.hide(messages.map { ($0.receiptHandle, timeout) })
            for (message, failure) in zip(messages, failures) where failure == nil {
                hand.extended(message.id, at: now)
            }
        } catch {
            conditions.fail(.queue, error)  // tried again at the next look
        }
    }
}
