/// A value of an item's attribute, as DynamoDB types it.
public enum AttributeValue: Sendable, Hashable {
    /// `S`
    case string(String)
    /// `N`: a number in decimal, up to 38 significant digits.
    case number(String)
    /// `B`
    case binary([UInt8])
    /// `BOOL`
    case bool(Bool)
    /// `NULL`
    case null
    /// `L`
    case list([AttributeValue])
    /// `M`
    case map([String: AttributeValue])
    /// `SS`
    case stringSet([String])
    /// `NS`
    case numberSet([String])
    /// `BS`
    case binarySet([[UInt8]])

    /// The string of `S`.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The decimal digits of `N`.
    public var number: String? {
        if case .number(let value) = self { value } else { nil }
    }

    /// `N` as a double.
    public var double: Double? { number.flatMap { Double($0) } }

    /// `N` as an integer, where it is one.
    public var integer: Int? { number.flatMap { Int($0) } }

    /// The bytes of `B`.
    public var binary: [UInt8]? {
        if case .binary(let value) = self { value } else { nil }
    }

    /// The members of `M`.
    public var map: [String: AttributeValue]? {
        if case .map(let value) = self { value } else { nil }
    }

    /// The elements of `L`.
    public var list: [AttributeValue]? {
        if case .list(let value) = self { value } else { nil }
    }
}

extension AttributeValue {
    /// Writes the value in DynamoDB's JSON, such as `{"S":"text"}`.
    ///
    /// - Parameter writer: What to write to.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .string(let value):
            writer.key("S")
            writer.string(value)
        case .number(let value):
            writer.key("N")
            writer.string(value)
        case .binary(let value):
            writer.key("B")
            writer.string(Base64.encode(value))
        case .bool(let value):
            writer.key("BOOL")
            writer.bool(value)
        case .null:
            writer.key("NULL")
            writer.bool(true)
        case .list(let values):
            writer.key("L")
            writer.beginArray()
            for value in values { value.write(to: &writer) }
            writer.endArray()
        case .map(let values):
            writer.key("M")
            Self.write(values, to: &writer)
        case .stringSet(let values):
            writer.key("SS")
            Self.write(values, to: &writer)
        case .numberSet(let values):
            writer.key("NS")
            Self.write(values, to: &writer)
        case .binarySet(let values):
            writer.key("BS")
            Self.write(values.map { Base64.encode($0) }, to: &writer)
        }
        writer.endObject()
    }

    /// Writes an item, or a key, or the inside of `M`: attributes by name, in order, so that equal maps are equal bytes.
    ///
    /// - Parameters:
    ///   - attributes: The attributes by name.
    ///   - writer: What to write to.
    public static func write(_ attributes: [String: AttributeValue], to writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            writer.key(escaping: name)
            value.write(to: &writer)
        }
        writer.endObject()
    }

    private static func write(_ strings: [String], to writer: inout JSONWriter) {
        writer.beginArray()
        for string in strings { writer.string(string) }
        writer.endArray()
    }

    /// Reads a value of DynamoDB's JSON.
    ///
    /// - Parameter json: An object with one member, named by the type.
    /// - Throws: ``ResponseMismatch`` where it is none.
    public init(_ json: JSONValue) throws(ResponseMismatch) {
        var members = json.members
        guard let (key, value) = members.next() else { throw ResponseMismatch("an attribute without a type") }
        let type = String(decoding: key, as: UTF8.self)
        guard let attribute = try Self.read(type, value) else {
            throw ResponseMismatch("an attribute of type \(type) that is none")
        }
        self = attribute
    }

    private static func read(_ type: String, _ value: JSONValue) throws(ResponseMismatch) -> AttributeValue? {
        switch type {
        case "S": return value.string.map { .string($0) }
        case "N": return value.string.map { .number($0) }
        case "B": return value.utf8.flatMap { Base64.decode($0) }.map { .binary($0) }
        case "BOOL": return value.bool.map { .bool($0) }
        case "NULL": return .null
        case "M": return .map(try attributes(value))
        case "SS": return .stringSet(value.elements.compactMap { $0.string })
        case "NS": return .numberSet(value.elements.compactMap { $0.string })
        case "BS": return .binarySet(value.elements.compactMap { $0.utf8.flatMap { Base64.decode($0) } })
        case "L":
            var list: [AttributeValue] = []
            for element in value.elements { list.append(try AttributeValue(element)) }
            return .list(list)
        default: return nil
        }
    }

    /// Reads an item, or a key, or the inside of `M`.
    ///
    /// - Parameter json: An object whose members are values of DynamoDB's JSON.
    /// - Returns: The attributes by name.
    /// - Throws: ``ResponseMismatch`` where it is none.
    public static func attributes(_ json: JSONValue) throws(ResponseMismatch) -> [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [:]
        for (key, value) in json.members {
            attributes[String(decoding: key, as: UTF8.self)] = try AttributeValue(value)
        }
        return attributes
    }
}

/// An item that is written as it is: its bytes in DynamoDB's JSON, made once.
public struct EncodedItem: Sendable, Hashable {
    /// The whole item, such as `{"pk":{"S":"…"},"n":{"N":"1"}}`.
    public let json: [UInt8]

    /// - Parameter json: The whole item in DynamoDB's JSON.
    public init(json: [UInt8]) {
        self.json = json
    }

    /// - Parameter attributes: The item's attributes by name.
    public init(_ attributes: [String: AttributeValue]) {
        var writer = JSONWriter()
        AttributeValue.write(attributes, to: &writer)
        json = writer.bytes
    }
}
