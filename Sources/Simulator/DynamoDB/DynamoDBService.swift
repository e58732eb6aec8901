import AWSCore
import Locking

/// Amazon DynamoDB, tables without secondary indexes, in memory.
final class DynamoDBService: Sendable {
    let options: SimulatorOptions
    let meter: Meter
    let faults: Faults
    private let tables = Guarded<[String: Table]>([:])

    init(options: SimulatorOptions, meter: Meter, faults: Faults) {
        self.options = options
        self.meter = meter
        self.faults = faults
    }

    /// Works one request.
    ///
    /// - Parameters:
    ///   - input: The request, parsed.
    ///   - bytes: The same, as it was sent.
    ///   - call: What else is known of it.
    /// - Returns: The answer.
    /// - Throws: `ServiceError`, as AWS answers.
    func work(_ input: JSONValue, _ bytes: UnsafeRawBufferPointer, _ call: Call) throws -> Answer {
        guard input.kind == .object else { throw ServiceError.serialization }
        switch call.operation {
        case .batchWriteItem: return try batchWriteItem(input, bytes, call)
        case .putItem: return try putItem(input, bytes, call)
        case .getItem: return try getItem(input, call)
        case .deleteItem: return try deleteItem(input, call)
        case .query: return try query(input, call)
        case .scan: return try scan(input, call)
        case .createTable: return try createTable(input, call)
        case .describeTable: return try describeTable(input, call)
        case .updateTimeToLive: return try updateTimeToLive(input)
        case .describeTimeToLive: return try describeTimeToLive(input)
        default: throw ServiceError.unknownOperation
        }
    }

    // MARK: Tables

    func table(named name: String) -> Table? {
        tables.withLock { $0[name] }
    }

    /// Adds a table.
    ///
    /// - Returns: Whether there was none of that name.
    func add(_ table: Table) -> Bool {
        tables.withLock { tables in
            guard tables[table.name] == nil else { return false }
            tables[table.name] = table
            return true
        }
    }

    var all: [Table] {
        tables.withLock { tables in tables.values.sorted { $0.name < $1.name } }
    }

    func removeAll() {
        tables.withLock { $0 = [:] }
    }

    /// The table that a request names, ready to hold items.
    func table(of input: JSONValue, _ call: Call) throws -> Table {
        guard let name = try input.string(named: "TableName") else {
            throw ServiceError.validation(
                "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not "
                    + "be null")
        }
        return try table(named: name, at: call.now)
    }

    func table(named name: String, at now: Timestamp) throws -> Table {
        // A table that is not ACTIVE yet is not there for items.
        guard let table = table(named: Self.bareName(name)), table.activeAt <= now else { throw Self.noSuchTable }
        return table
    }

    /// The name in an ARN, or the name as it is.
    static func bareName(_ name: String) -> String {
        guard name.hasPrefix("arn:") else { return name }
        return name.split(separator: "/").last.map(String.init) ?? name
    }

    static let noSuchTable = ServiceError.dynamoDB("ResourceNotFoundException", "Requested resource not found")
}
