import AWSCore

/// Which items of one partition a Query reads.
struct KeyCondition {
    let partition: KeyBytes
    /// What the sort key must be; `nil`: anything.
    private let sort: Bounds?

    private enum Bounds {
        case compare(Condition.Comparison, KeyBytes)
        case between(KeyBytes, KeyBytes)
        case prefix(KeyBytes)
    }

    /// - Throws: `ServiceError` where the expression is none that DynamoDB takes for the schema.
    init(_ input: JSONValue, _ schema: Schema) throws {
        guard let condition = try Condition(input, "KeyConditionExpression") else {
            throw ServiceError.validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
        }
        var partition: KeyBytes?
        var sort: Bounds?
        for part in Self.conjuncts(condition.root) {
            switch part {
            case .compare(.path([schema.partition.name]), .equal, .value(let value)) where partition == nil:
                partition = try Self.bytes(value, of: schema.partition)
            case .compare(.path([schema.sort?.name ?? ""]), let comparison, .value(let value)) where sort == nil:
                guard let key = schema.sort, comparison != .notEqual else { throw Self.unsupported }
                sort = .compare(comparison, try Self.bytes(value, of: key))
            case .between(.path([schema.sort?.name ?? ""]), .value(let low), .value(let high)) where sort == nil:
                guard let key = schema.sort else { throw Self.unsupported }
                sort = .between(try Self.bytes(low, of: key), try Self.bytes(high, of: key))
            case .beginsWith(.path([schema.sort?.name ?? ""]), .value(let prefix)) where sort == nil:
                guard let key = schema.sort, key.type != .number else { throw Self.unsupported }
                sort = .prefix(try Self.bytes(prefix, of: key))
            default: throw Self.unsupported
            }
        }
        guard let partition else {
            throw ServiceError.validation("Query condition missed key schema element: \(schema.partition.name)")
        }
        self.partition = partition
        self.sort = sort
    }

    /// Where in ordered sort keys those lie that are meant.
    func range(in keys: [KeyBytes]) -> Range<Int> {
        func lowerBound(_ bytes: KeyBytes) -> Int { keys.firstPlace { $0 >= bytes } }
        func upperBound(_ bytes: KeyBytes) -> Int { keys.firstPlace { bytes < $0 } }
        switch sort {
        case nil: return keys.indices
        case .compare(.equal, let bytes): return lowerBound(bytes)..<upperBound(bytes)
        case .compare(.less, let bytes): return 0..<lowerBound(bytes)
        case .compare(.lessOrEqual, let bytes): return 0..<upperBound(bytes)
        case .compare(.greater, let bytes): return upperBound(bytes)..<keys.count
        case .compare(_, let bytes): return lowerBound(bytes)..<keys.count
        case .between(let low, let high):
            let start = lowerBound(low)
            return start..<max(start, upperBound(high))
        case .prefix(let prefix):
            let start = lowerBound(prefix)
            return
                start..<max(start, keys.firstPlace { prefix < $0 && !$0.bytes.starts(with: prefix.bytes) })
        }
    }

    private static func conjuncts(_ node: Condition.Node) -> [Condition.Node] {
        if case .and(let left, let right) = node { return conjuncts(left) + conjuncts(right) }
        return [node]
    }

    private static func bytes(_ value: Scalar, of key: Schema.Key) throws -> KeyBytes {
        guard value.type == key.type else {
            throw ServiceError.validation(
                "One or more parameter values were invalid: Condition parameter type does not match schema type")
        }
        return KeyBytes(value.bytes)
    }

    private static let unsupported = ServiceError.validation("Query key condition not supported")
}

extension Array {
    /// The first place, of an array in which it holds from some place on, where the predicate holds.
    func firstPlace(_ holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
