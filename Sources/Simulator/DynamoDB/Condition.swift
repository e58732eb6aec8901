import AWSCore

/// A condition of an expression, ready to be tested against items: comparisons, BETWEEN, IN, the functions on paths
/// that the project's kind of request uses, AND, OR, NOT.
struct Condition {
    /// A place in an item: names from the outside in.
    typealias Path = [String]

    /// What stands on a side of a comparison.
    enum Operand {
        case path(Path)
        case value(Scalar)
    }

    /// A comparison's operator.
    enum Comparison: String {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    indirect enum Node {
        case and(Node, Node)
        case or(Node, Node)
        case not(Node)
        case compare(Operand, Comparison, Operand)
        case between(Operand, Operand, Operand)
        case oneOf(Operand, [Operand])
        case exists(Path)
        case beginsWith(Operand, Operand)
        case contains(Operand, Operand)
    }

    let root: Node

    init(root: Node) {
        self.root = root
    }

    /// Reads the expression of that name; `nil` where the request has none.
    init?(_ input: JSONValue, _ name: StaticString) throws {
        guard let text = try input.string(named: name) else { return nil }
        var parser = try ExpressionParser(text, input, name)
        root = try parser.condition()
    }

    /// Whether the condition holds for an item; `nil`: for none.
    func holds(for item: JSONValue?) throws -> Bool {
        try holds(root, item)
    }

    private func holds(_ node: Node, _ item: JSONValue?) throws -> Bool {
        switch node {
        case .and(let left, let right): return try holds(left, item) && holds(right, item)
        case .or(let left, let right): return try holds(left, item) || holds(right, item)
        case .not(let inner): return try !holds(inner, item)
        case .exists(let path): return find(path, item) != nil
        case .compare(let left, let comparison, let right):
            guard let left = try scalar(left, item), let right = try scalar(right, item) else {
                return comparison == .notEqual
            }
            return left.compares(comparison, right)
        case .between(let operand, let low, let high):
            guard let value = try scalar(operand, item), let low = try scalar(low, item),
                let high = try scalar(high, item)
            else { return false }
            return value.compares(.greaterOrEqual, low) && value.compares(.lessOrEqual, high)
        case .oneOf(let operand, let choices):
            guard let value = try scalar(operand, item) else { return false }
            return try choices.contains { try scalar($0, item) == value }
        case .beginsWith(let operand, let prefix):
            guard let value = try scalar(operand, item), let prefix = try scalar(prefix, item) else { return false }
            return value.type == prefix.type && value.bytes.starts(with: prefix.bytes)
        case .contains(let operand, let part):
            guard let value = try scalar(operand, item), let part = try scalar(part, item) else { return false }
            return value.type == part.type && value.bytes.contains(part.bytes)
        }
    }

    private func scalar(_ operand: Operand, _ item: JSONValue?) throws -> Scalar? {
        switch operand {
        case .value(let scalar): scalar
        case .path(let path): try find(path, item).map { try Scalar($0) }
        }
    }

    private func find(_ path: Path, _ item: JSONValue?) -> JSONValue? {
        var found = item
        for (depth, name) in path.enumerated() {
            found = (depth == 0 ? found : found?["M"])?.member(named: name)
        }
        return found
    }
}

/// An attribute value to compare: its type, and bytes that order as its values do.
struct Scalar: Hashable {
    let type: AttributeType
    let bytes: [UInt8]

    init(_ value: JSONValue) throws {
        let (type, content) = try AttributeSize.typed(value)
        self.type = type
        switch type {
        case .string, .number, .binary: bytes = try Schema.bytes(of: type, content)
        case .bool: bytes = [content.bool == true ? 1 : 0]
        default:
            var json: [UInt8] = []
            content.write(to: &json)
            bytes = json
        }
    }

    func compares(_ comparison: Condition.Comparison, _ other: Scalar) -> Bool {
        if comparison == .equal { return self == other }
        if comparison == .notEqual { return self != other }
        guard type == other.type, [.string, .number, .binary].contains(type) else { return false }
        let isLess = bytes.lexicographicallyPrecedes(other.bytes)
        return switch comparison {
        case .less: isLess
        case .lessOrEqual: isLess || bytes == other.bytes
        case .greater: !isLess && bytes != other.bytes
        default: !isLess
        }
    }
}
