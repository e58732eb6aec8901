import AWSCore

/// A queue that messages are sent to.
protocol MessageOutlet: Sendable {
    /// Sends up to ten messages, at most 1 MiB together. For each, by position, its id or why it failed.
    func send(_ bodies: [[UInt8]]) async throws(AWSError) -> [Result<String, BatchEntryError>]
}

/// Sends messages again: in full batches, and what fails in passing a few times more.
struct Resender: Sendable {
    private static let attempts = 4

    let outlet: any MessageOutlet
    let clock: WorkerClock

    /// Sends messages.
    ///
    /// - Parameter bodies: Any number of bodies.
    /// - Returns: For each, by position, the id under which SQS has accepted it, or why not.
    /// - Throws: `AWSError` where a call failed as a whole, after the client's own retries.
    func send(_ bodies: [[UInt8]]) async throws(AWSError) -> [Result<String, BatchEntryError>] {
        let unsent = BatchEntryError(code: .badResponse, message: "not sent", senderFault: false)
        var outcomes = [Result<String, BatchEntryError>](repeating: .failure(unsent), count: bodies.count)
        var open = Array(bodies.indices)
        for attempt in 1...Self.attempts where !open.isEmpty {
            if attempt > 1 { try? await clock.sleep(clock.backoff(after: attempt)) }
            for batch in batches(open, bodies) {
                let answers = try await outlet.send(batch.map { bodies[$0] })
                for (position, answer) in zip(batch, answers) { outcomes[position] = answer }
            }
            open = open.filter { if case .failure(let failure) = outcomes[$0] { !failure.senderFault } else { false } }
        }
        return outcomes
    }

    private func batches(_ positions: [Int], _ bodies: [[UInt8]]) -> [[Int]] {
        var batches: [[Int]] = []
        var size = 0
        for position in positions {
            let isFull = batches.last.map { $0.count == sqsMaxBatchEntries } ?? true
            if isFull || size + bodies[position].count > sqsMaxBatchSize.bytes {
                batches.append([])
                size = 0
            }
            batches[batches.count - 1].append(position)
            size += bodies[position].count
        }
        return batches
    }
}
