import Locking

/// Counts what AWS would bill, and what the product's tests ask about.
final class Meter: Sendable {
    private let counts = Guarded(Counts())

    /// What was counted since the start or the last reset.
    struct Counts: Sendable {
        /// Requests by operation, refused ones among them.
        var requests = [Int](repeating: 0, count: Operation.allCases.count)
        /// Answers with a status over 299, by operation.
        var errors = [Int](repeating: 0, count: Operation.allCases.count)
        /// SQS's billed requests: each 64 KiB of a payload is one.
        var billedSQSRequests = 0
        /// DynamoDB's write units, on demand: 1 KiB of an item each.
        var writeUnits = 0
        /// DynamoDB's read units, on demand, in halves: an eventually consistent read of 4 KiB is one half.
        var halfReadUnits = 0

        var messagesSent = 0
        var distinctMessages = 0
        var messagesDelivered = 0
        /// Deliveries of a message that had been delivered before.
        var duplicatesDelivered = 0
        var messagesDeleted = 0
        var messagesDead = 0
        var visibilityChanges = 0

        var itemsWritten = 0
        /// Writes of an item that was there, with the same bytes.
        var itemsRewritten = 0
        /// Writes of an item that was there, with other bytes.
        var itemsChanged = 0
        var itemsUnprocessed = 0
        var itemBytes = 0

        /// MD5s of the messages sent.
        fileprivate var seen: Set<Identifier> = []
    }

    func update(_ change: (inout Counts) -> Void) {
        counts.withLock { change(&$0) }
    }

    /// Counts messages that were sent, and which of them are new.
    func sent(_ digests: [Identifier]) {
        counts.withLock { counts in
            counts.messagesSent += digests.count
            for digest in digests where counts.seen.insert(digest).inserted {
                counts.distinctMessages += 1
            }
        }
    }

    func snapshot() -> Counts {
        counts.withLock { counts in
            var snapshot = counts
            snapshot.seen = []
            return snapshot
        }
    }

    func reset() {
        counts.withLock { $0 = Counts() }
    }
}

extension Meter.Counts {
    /// Counts a request that was answered with a status. SQS bills each, those of the server's own failing aside.
    mutating func request(_ operation: Operation, status: Int) {
        requests[operation.place] += 1
        if status > 299 { errors[operation.place] += 1 }
        if operation.service == .sqs, status < 500 { billedSQSRequests += 1 }
    }

    /// Counts what a payload costs beyond the request itself: SQS bills each 64 KiB of it.
    mutating func bill(payload: Int) {
        billedSQSRequests += max(0, (payload - 1) / 65_536)
    }

    func requests(of operation: Operation) -> Int { requests[operation.place] }
    func errors(of operation: Operation) -> Int { errors[operation.place] }

    /// $0.40 a million standard requests (Amazon SQS pricing, us-east-1, beyond the free tier).
    var sqsDollars: Double { Double(billedSQSRequests) * 0.40 / 1_000_000 }
    /// $0.625 a million write units and $0.125 a million read units (Amazon DynamoDB pricing, on demand, us-east-1).
    var dynamoDBDollars: Double {
        Double(writeUnits) * 0.625 / 1_000_000 + Double(halfReadUnits) / 2 * 0.125 / 1_000_000
    }
}

extension Operation {
    /// The place in tables by operation.
    var place: Int { Self.places[self] ?? 0 }

    private static let places = Dictionary(uniqueKeysWithValues: zip(allCases, allCases.indices))
}
