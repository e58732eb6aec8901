internal import CSimdJSON

/// Why bytes are not a JSON document that ``JSONParser`` reads.
public enum JSONError: String, Error, Sendable {
    /// Not JSON.
    case syntax = "not JSON"
    /// No bytes but white space.
    case empty = "empty"
    /// Not UTF-8.
    case utf8 = "not UTF-8"
    /// Nested deeper than the parser allows.
    case depth = "nested too deeply"
    /// A malformed number, or an integer over 64 bits, which simdjson refuses.
    case number = "a number that is malformed or over 64 bits"
    /// A string with a bad escape; an unpaired surrogate is one.
    case string = "a string with a bad escape"
    /// Over 4 GiB, or no memory for it.
    case capacity = "too large"
}

/// A reusable parser of whole JSON documents, on simdjson's DOM.
///
/// Validates everything: structure, numbers, escapes and UTF-8. Keeps its buffers between documents, so parsing
/// allocates only for a document larger than all before it. Not for concurrent use: one for each event loop or worker.
public final class JSONParser {
    /// Bytes that must be readable behind an input for it to be parsed without a copy.
    public static var padding: Int { mb_json_padding }

    private let parser: OpaquePointer

    /// - Parameter maxDepth: How deep objects and arrays may nest; deeper is ``JSONError/depth``.
    public init(maxDepth: Int = 1024) {
        guard let parser = mb_json_parser_create(maxDepth) else {
            preconditionFailure("out of memory")
        }
        self.parser = parser
    }

    deinit {
        mb_json_parser_destroy(parser)
    }

    /// Parses one document and hands its root to `body`.
    ///
    /// - Parameters:
    ///   - bytes: The document, UTF-8.
    ///   - padded: Whether ``padding`` bytes behind `bytes` are readable (they may hold anything). If not, the
    ///     document is copied first.
    ///   - body: Reads the root. No ``JSONValue`` may leave it: the next parse overwrites what they point at.
    /// - Returns: What `body` returns.
    /// - Throws: ``JSONError`` if the bytes are not JSON, else what `body` throws.
    public func parse<Result>(
        _ bytes: UnsafeRawBufferPointer, padded: Bool = false, _ body: (JSONValue) throws -> Result
    ) throws -> Result {
        var root = mb_json_value()
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let start, bytes.count > 0 else { throw JSONError.empty }
        switch mb_json_parse(parser, start, bytes.count, padded, &root) {
        case MB_JSON_OK: return try body(JSONValue(root))
        case MB_JSON_EMPTY: throw JSONError.empty
        case MB_JSON_UTF8: throw JSONError.utf8
        case MB_JSON_DEPTH: throw JSONError.depth
        case MB_JSON_NUMBER: throw JSONError.number
        case MB_JSON_STRING: throw JSONError.string
        case MB_JSON_CAPACITY, MB_JSON_MEMORY: throw JSONError.capacity
        default: throw JSONError.syntax
        }
    }

    /// Parses one document held in an array; without a copy where the array's spare capacity covers ``padding``.
    ///
    /// - Parameters:
    ///   - bytes: The document, UTF-8.
    ///   - body: Reads the root. No ``JSONValue`` may leave it.
    /// - Returns: What `body` returns.
    /// - Throws: ``JSONError`` if the bytes are not JSON, else what `body` throws.
    public func parse<Result>(_ bytes: [UInt8], _ body: (JSONValue) throws -> Result) throws -> Result {
        let padded = bytes.capacity - bytes.count >= Self.padding
        return try bytes.withUnsafeBytes { try parse($0, padded: padded, body) }
    }
}

/// A value of a parsed document: a position on the parser's tape, two words, free to copy.
///
/// Valid only inside the closure that ``JSONParser`` handed it to.
public struct JSONValue {
    /// What a value is.
    public enum Kind: Sendable {
        /// `{}`
        case object
        /// `[]`
        case array
        /// A string.
        case string
        /// An integer within `Int64`.
        case integer
        /// An integer over `Int64.max`, within `UInt64`.
        case unsignedInteger
        /// A number with a fraction or an exponent.
        case double
        /// `true` or `false`
        case bool
        /// `null`
        case null
    }

    let raw: mb_json_value

    init(_ raw: mb_json_value) {
        self.raw = raw
    }

    /// What this value is.
    public var kind: Kind {
        switch mb_json_type_of(raw) {
        case MB_JSON_OBJECT: .object
        case MB_JSON_ARRAY: .array
        case MB_JSON_STRING_VALUE: .string
        case MB_JSON_INT64: .integer
        case MB_JSON_UINT64: .unsignedInteger
        case MB_JSON_DOUBLE: .double
        case MB_JSON_BOOL: .bool
        default: .null
        }
    }

    /// The string's UTF-8 bytes, unescaped, in the parser's memory; `nil` if this is no string.
    public var utf8: UnsafeRawBufferPointer? {
        guard mb_json_type_of(raw) == MB_JSON_STRING_VALUE else { return nil }
        var count = 0
        let start = mb_json_string(raw, &count)
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    /// The string; `nil` if this is no string.
    public var string: String? {
        utf8.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The integer; `nil` if this is no number, has a fraction or an exponent, or is over `Int64.max`.
    public var integer: Int64? {
        mb_json_type_of(raw) == MB_JSON_INT64 ? mb_json_int64(raw) : nil
    }

    /// The number, rounded to a double; `nil` if this is no number.
    public var double: Double? {
        switch mb_json_type_of(raw) {
        case MB_JSON_DOUBLE: mb_json_double(raw)
        case MB_JSON_INT64: Double(mb_json_int64(raw))
        case MB_JSON_UINT64: Double(mb_json_uint64(raw))
        default: nil
        }
    }

    /// The boolean; `nil` if this is none.
    public var bool: Bool? {
        mb_json_type_of(raw) == MB_JSON_BOOL ? mb_json_bool(raw) : nil
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        mb_json_type_of(raw) == MB_JSON_NULL
    }

    /// The first member with that key; `nil` if there is none, or this is no object.
    public subscript(key: StaticString) -> JSONValue? {
        var found = mb_json_value()
        let isFound = key.withUTF8Buffer { name in
            name.withMemoryRebound(to: CChar.self) { mb_json_find(raw, $0.baseAddress, $0.count, &found) }
        }
        return isFound ? JSONValue(found) : nil
    }

    /// The first member with that key; `nil` if there is none, or this is no object.
    public func member(named name: String) -> JSONValue? {
        var found = mb_json_value()
        var name = name
        let isFound = name.withUTF8 { name in
            name.withMemoryRebound(to: CChar.self) { mb_json_find(raw, $0.baseAddress, $0.count, &found) }
        }
        return isFound ? JSONValue(found) : nil
    }

    /// The array's elements, in order; none if this is no array.
    public var elements: Elements {
        Elements(raw, isArray: mb_json_type_of(raw) == MB_JSON_ARRAY)
    }

    /// The object's members, in order, duplicates included; none if this is no object.
    public var members: Members {
        Members(raw, isObject: mb_json_type_of(raw) == MB_JSON_OBJECT)
    }

    /// Appends this value as JSON without white space, strings and numbers in their shortest form.
    ///
    /// - Parameter bytes: What to append to.
    public func write(to bytes: inout [UInt8]) {
        withUnsafeMutablePointer(to: &bytes) { bytes in
            mb_json_minify(
                raw,
                { context, start, count in
                    let bytes = context?.assumingMemoryBound(to: [UInt8].self)
                    bytes?.pointee.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
                }, bytes)
        }
    }

    /// The elements of an array.
    public struct Elements: Sequence, IteratorProtocol {
        private var iterator: mb_json_iterator

        init(_ value: mb_json_value, isArray: Bool) {
            iterator = isArray ? mb_json_iterate(value) : mb_json_iterator()
        }

        /// None.
        init() {
            iterator = mb_json_iterator()
        }

        /// The next element, in order.
        public mutating func next() -> JSONValue? {
            var value = mb_json_value()
            return mb_json_next_element(&iterator, &value) ? JSONValue(value) : nil
        }
    }

    /// The members of an object.
    public struct Members: Sequence, IteratorProtocol {
        private var iterator: mb_json_iterator

        init(_ value: mb_json_value, isObject: Bool) {
            iterator = isObject ? mb_json_iterate(value) : mb_json_iterator()
        }

        /// None.
        init() {
            iterator = mb_json_iterator()
        }

        /// The next member, in order: its key's UTF-8 bytes, unescaped, in the parser's memory, and its value.
        public mutating func next() -> (key: UnsafeRawBufferPointer, value: JSONValue)? {
            var key: UnsafePointer<CChar>?
            var count = 0
            var value = mb_json_value()
            guard mb_json_next_member(&iterator, &key, &count, &value) else { return nil }
            return (UnsafeRawBufferPointer(start: key, count: count), JSONValue(value))
        }
    }
}
