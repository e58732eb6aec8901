import AWSCore

/// Reads DynamoDB's expressions (developer guide, "Condition and filter expressions").
struct ExpressionParser {
    private enum Token: Equatable {
        case name(String)
        case placeholder(String)
        case value(String)
        case symbol(String)
    }

    private let input: JSONValue
    private let expression: StaticString
    private var tokens: [Token] = []
    private var at = 0

    /// - Parameters:
    ///   - text: The expression.
    ///   - input: The request, for its names and values.
    ///   - expression: The parameter's name, for errors.
    /// - Throws: `ServiceError` where a character has no place in an expression.
    init(_ text: String, _ input: JSONValue, _ expression: StaticString) throws {
        self.input = input
        self.expression = expression
        tokens = try tokenize(text)
        guard !tokens.isEmpty else { throw error("The expression can not be empty;") }
    }

    /// The whole expression as a condition.
    mutating func condition() throws -> Condition.Node {
        let node = try disjunction()
        guard at == tokens.count else { throw syntax() }
        return node
    }

    /// The whole expression as a list of paths.
    mutating func paths() throws -> [Condition.Path] {
        var paths = [try path()]
        while accept(",") { paths.append(try path()) }
        guard at == tokens.count else { throw syntax() }
        return paths
    }

    // MARK: Grammar

    private mutating func disjunction() throws -> Condition.Node {
        var node = try conjunction()
        while acceptWord("OR") { node = .or(node, try conjunction()) }
        return node
    }

    private mutating func conjunction() throws -> Condition.Node {
        var node = try negation()
        while acceptWord("AND") { node = .and(node, try negation()) }
        return node
    }

    private mutating func negation() throws -> Condition.Node {
        acceptWord("NOT") ? .not(try negation()) : try primary()
    }

    private mutating func primary() throws -> Condition.Node {
        if accept("(") {
            let node = try disjunction()
            try expect(")")
            return node
        }
        if case .name(let function) = peek, at + 1 < tokens.count, tokens[at + 1] == .symbol("(") {
            at += 2
            return try call(function)
        }
        let left = try operand()
        if acceptWord("BETWEEN") {
            let low = try operand()
            guard acceptWord("AND") else { throw syntax() }
            return .between(left, low, try operand())
        }
        if acceptWord("IN") {
            try expect("(")
            var choices = [try operand()]
            while accept(",") { choices.append(try operand()) }
            try expect(")")
            return .oneOf(left, choices)
        }
        guard case .symbol(let symbol) = peek, let comparison = Condition.Comparison(rawValue: symbol) else {
            throw syntax()
        }
        at += 1
        return .compare(left, comparison, try operand())
    }

    private mutating func call(_ function: String) throws -> Condition.Node {
        let node: Condition.Node
        switch function {
        case "attribute_exists": node = .exists(try path())
        case "attribute_not_exists": node = .not(.exists(try path()))
        case "begins_with", "contains":
            let value = try operand()
            try expect(",")
            let other = try operand()
            node = function == "contains" ? .contains(value, other) : .beginsWith(value, other)
        default: throw error("Invalid function name; function: \(function)")
        }
        try expect(")")
        return node
    }

    private mutating func operand() throws -> Condition.Operand {
        if case .value(let name) = peek {
            at += 1
            guard let value = input["ExpressionAttributeValues"]?.member(named: name) else {
                throw error(
                    "An expression attribute value used in expression is not defined; attribute value: \(name)")
            }
            return .value(try Scalar(value))
        }
        return .path(try path())
    }

    private mutating func path() throws -> Condition.Path {
        var path = [try pathName()]
        while accept(".") { path.append(try pathName()) }
        return path
    }

    private mutating func pathName() throws -> String {
        switch peek {
        case .name(let name):
            at += 1
            guard !ReservedWords.contain(name) else {
                throw error("Attribute name is a reserved keyword; reserved keyword: \(name)")
            }
            return name
        case .placeholder(let placeholder):
            at += 1
            guard let name = input["ExpressionAttributeNames"]?.member(named: placeholder)?.string else {
                throw error(
                    "An expression attribute name used in the document path is not defined; attribute name: "
                        + placeholder)
            }
            return name
        default: throw syntax()
        }
    }

    // MARK: Tokens

    private var peek: Token? { at < tokens.count ? tokens[at] : nil }

    private mutating func accept(_ symbol: String) -> Bool {
        guard peek == .symbol(symbol) else { return false }
        at += 1
        return true
    }

    private mutating func acceptWord(_ word: String) -> Bool {
        guard case .name(let name) = peek, name.uppercased() == word else { return false }
        at += 1
        return true
    }

    private mutating func expect(_ symbol: String) throws {
        guard accept(symbol) else { throw syntax() }
    }

    private func tokenize(_ text: String) throws -> [Token] {
        var tokens: [Token] = []
        var rest = Array(text)[...]
        func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber || character == "_" }
        while let character = rest.first {
            if character.isWhitespace {
                rest.removeFirst()
            } else if isWord(character) || character == "#" || character == ":" {
                rest.removeFirst()
                let word = String(character) + String(rest.prefix(while: isWord))
                rest = rest.dropFirst(word.count - 1)
                tokens.append(character == "#" ? .placeholder(word) : character == ":" ? .value(word) : .name(word))
            } else if ["<>", "<=", ">="].contains(String(rest.prefix(2))) {
                tokens.append(.symbol(String(rest.prefix(2))))
                rest = rest.dropFirst(2)
            } else if "=<>(),.".contains(character) {
                tokens.append(.symbol(String(character)))
                rest.removeFirst()
            } else {
                throw error("Syntax error; token: \"\(character)\"")
            }
        }
        return tokens
    }

    private func syntax() -> ServiceError {
        let token =
            switch peek {
            case .name(let text), .placeholder(let text), .value(let text), .symbol(let text): text
            case nil: "<EOF>"
            }
        return error("Syntax error; token: \"\(token)\"")
    }

    private func error(_ message: String) -> ServiceError {
        .validation("Invalid \(expression): \(message)")
    }
}
