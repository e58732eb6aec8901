import AWSCore

/// Moves messages from the dead-letter queue back to the queue, at a bounded rate: sends each, then deletes it.
///
/// One that dies in between has sent a message that it did not delete: it comes twice, and makes the same items twice.
/// An unreadable message, which goes by SQS's own id, is quarantined twice.
struct Redrive: Sendable {
    /// What became of the messages received.
    struct Outcome: Sendable, Hashable {
        /// Sent, and deleted from the dead-letter queue.
        var moved = 0
        /// Left where they were: refused by the queue, or sent and not deleted.
        var left = 0
    }

    let deadLetters: any MessageQueue
    let resender: Resender
    let clock: WorkerClock
    /// The most messages to move.
    let limit: Int
    /// The most messages a second.
    let rate: Int
    /// Is told how many have been moved since it was last told.
    let advance: @Sendable (Int) -> Void
    /// Is told what is left, and why.
    let report: @Sendable (String) -> Void

    /// Moves messages until the limit is reached or the dead-letter queue shows no more.
    ///
    /// - Returns: What became of them.
    /// - Throws: `AWSError`; what was moved before stays moved.
    func run() async throws(AWSError) -> Outcome {
        var outcome = Outcome()
        let start = clock.now()
        while outcome.moved + outcome.left < limit {
            let open = limit - outcome.moved - outcome.left
            let messages = try await deadLetters.receive(upTo: min(sqsMaxBatchEntries, open), wait: .seconds(2))
            if messages.isEmpty { break }
            try await move(messages, &outcome)
            let earliest = start + .seconds(Double(outcome.moved + outcome.left) / Double(rate))
            if earliest > clock.now() { try? await clock.sleep(earliest - clock.now()) }
        }
        return outcome
    }

    private func move(_ messages: [SQSMessage], _ outcome: inout Outcome) async throws(AWSError) {
        let answers: [Result<String, BatchEntryError>]
        do throws(AWSError) {
            answers = try await resender.send(messages.map(\.body))
        } catch {
            _ = try? await deadLetters.hide(messages.map { ($0.receiptHandle, .zero) })
            throw error
        }
        var sent: [String] = []
        for (message, answer) in zip(messages, answers) {
            guard case .failure(let failure) = answer else {
                sent.append(message.receiptHandle)
                continue
            }
            report("left: message \(message.messageId): the queue refuses it: \(failure.code): \(failure.message)")
            outcome.left += 1
        }
        try await delete(sent, &outcome)
    }

    private func delete(_ sent: [String], _ outcome: inout Outcome) async throws(AWSError) {
        var open = sent
        for attempt in 1...5 where !open.isEmpty {
            if attempt > 1 { try? await clock.sleep(clock.backoff(after: attempt)) }
            let failures = try await deadLetters.delete(open)
            let failed = zip(open, failures).filter { $1 != nil }.map(\.0)
            outcome.moved += open.count - failed.count
            advance(open.count - failed.count)
            open = failed
        }
        if open.isEmpty { return }
        outcome.left += open.count
        report("left: \(open.count) messages were sent, and cannot be deleted from the dead-letter queue")
    }
}
