import AWSCore
import Beacons

/// Sends what is in quarantine back to the queue, and deletes from quarantine what the queue has accepted.
///
/// A replay that dies in between may be repeated: a refusal makes the same message each time, and so the same items.
struct Replay: Sendable {
    /// What became of the refusals looked at.
    struct Outcome: Sendable, Hashable {
        /// Sent, and deleted from quarantine.
        var replayed = 0
        /// Left for their reason.
        var passedOver = 0
        /// Not whole, or refused by the queue: left.
        var left = 0
    }

    /// The parts of one refusal.
    private struct Refusal {
        var parts: [StoredQuarantine] = []
        var keys: [[String: AttributeValue]] = []

        func takes(_ part: StoredQuarantine) -> Bool {
            guard let first = parts.first else { return true }
            return first.messageID == part.messageID && first.position == part.position
        }
    }

    /// What a replay has come to.
    private struct Pass {
        let advance: @Sendable (Int) -> Void
        var outcome = Outcome()
        /// Refusals to send with the next batch.
        var ready: [Refusal] = []
        /// Ids of the messages sent. A worker may refuse one at once, and quarantine it anew: once is enough.
        var sent: Set<String> = []
    }

    let shelf: any QuarantineShelf
    let resender: Resender
    /// Only refusals whose reason has this text.
    let reason: String?
    /// The most refusals to send.
    let limit: Int
    /// Is told what is left, and why.
    let report: @Sendable (String) -> Void

    /// How many refusals there are to send, about: those in several parts count as several.
    ///
    /// - Parameter days: Days of arrival, `yyyymmdd`.
    /// - Returns: Their number; `nil` where only reading them would tell, or counting fails.
    func total(of days: [String]) async -> Int? {
        if reason != nil { return limit == .max ? nil : limit }
        var sum = 0
        for day in days where sum < limit {
            guard let count = try? await shelf.count(of: day, upTo: limit - sum) else { return nil }
            sum += count
        }
        return min(sum, limit)
    }

    /// Replays days, in the order given.
    ///
    /// - Parameters:
    ///   - days: Days of arrival, `yyyymmdd`.
    ///   - advance: Is told how many have been sent since it was last told.
    /// - Returns: What became of them.
    /// - Throws: `AWSError`; what was sent before stays sent.
    func run(
        _ days: [String], advance: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(AWSError) -> Outcome {
        var pass = Pass(advance: advance)
        for day in days where pass.outcome.replayed < limit {
            try await replay(day, &pass)
        }
        return pass.outcome
    }

    private func replay(_ day: String, _ pass: inout Pass) async throws(AWSError) {
        var next: [String: AttributeValue]?
        var current = Refusal()
        repeat {
            let page = try await shelf.page(of: day, after: next)
            for item in page.items {
                let part: StoredQuarantine
                do {
                    part = try StoredQuarantine(item: item)
                } catch {
                    report("left: \(error)")
                    pass.outcome.left += 1
                    continue
                }
                if pass.sent.contains(part.messageID) { continue }
                if !current.takes(part) {
                    try await add(current, &pass)
                    current = Refusal()
                    if pass.outcome.replayed + pass.ready.count >= limit { return try await send(&pass) }
                }
                current.parts.append(part)
                current.keys.append(
                    [DynamoDBTable.partitionKey, DynamoDBTable.sortKey].reduce(into: [:]) { $0[$1] = item[$1] })
            }
            next = page.lastEvaluatedKey
        } while next != nil
        if !current.parts.isEmpty { try await add(current, &pass) }
        try await send(&pass)
    }

    private func add(_ refusal: Refusal, _ pass: inout Pass) async throws(AWSError) {
        if let reason, !refusal.parts.contains(where: { Self.has(reason, in: $0.reason) }) {
            pass.outcome.passedOver += 1
            return
        }
        pass.ready.append(refusal)
        if pass.ready.count == sqsMaxBatchEntries { try await send(&pass) }
    }

    private func send(_ pass: inout Pass) async throws(AWSError) {
        let refusals = pass.ready
        pass.ready = []
        var sendable: [(refusal: Refusal, message: [UInt8])] = []
        for refusal in refusals {
            if let message = StoredQuarantine.message(of: refusal.parts) {
                sendable.append((refusal, message))
            } else {
                report("left: \(Self.name(refusal)): a part is missing")
                pass.outcome.left += 1
            }
        }
        let answers = try await resender.send(sendable.map(\.message))
        for ((refusal, message), answer) in zip(sendable, answers) {
            switch answer {
            case .failure(let failure):
                report("left: \(Self.name(refusal)): the queue refuses it: \(failure.code): \(failure.message)")
                pass.outcome.left += 1
                continue
            case .success(let messageId):
                pass.sent.insert(messageId)
                if let id = try? JSONParser().parse(message, { $0["id"]?.string }) { pass.sent.insert(id) }
            }
            // The queue has it: only now may quarantine forget it.
            try await shelf.delete(refusal.keys)
            pass.outcome.replayed += 1
            pass.advance(1)
        }
    }

    private static func name(_ refusal: Refusal) -> String {
        guard let first = refusal.parts.first else { return "" }
        return "\(first.messageID)#\(first.position.map(String.init) ?? "-") of \(first.day)"
    }

    /// Whether a text holds another, byte for byte.
    static func has(_ needle: String, in text: String) -> Bool {
        let (needle, text) = (Array(needle.utf8), Array(text.utf8))
        guard !needle.isEmpty, needle.count <= text.count else { return needle.isEmpty }
        return (0...(text.count - needle.count)).contains { text[$0..<($0 + needle.count)].elementsEqual(needle) }
    }
}
