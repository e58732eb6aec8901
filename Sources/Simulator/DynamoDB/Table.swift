import AWSCore
import Locking

/// A table that many connections use at once.
final class Table: Sendable {
    let name: String
    let arn: String
    let schema: Schema
    let createdAt: Timestamp
    /// When it becomes ACTIVE.
    let activeAt: Timestamp
    let isOnDemand: Bool
    private let state: Guarded<TableState>
    private let ttl = Guarded<String?>(nil)

    init(name: String, arn: String, schema: Schema, createdAt: Timestamp, activeAt: Timestamp, isOnDemand: Bool) {
        self.name = name
        self.arn = arn
        self.schema = schema
        self.createdAt = createdAt
        self.activeAt = activeAt
        self.isOnDemand = isOnDemand
        state = Guarded(TableState())
    }

    func withState<Result: Sendable>(_ body: (inout TableState) throws -> Result) rethrows -> Result {
        try state.withLock { try body(&$0) }
    }

    /// The attribute that items expire by; `nil`: TTL is off.
    var ttlAttribute: String? {
        get { ttl.withLock { $0 } }
        set { ttl.withLock { $0 = newValue } }
    }
}
