import AWSCore

/// A table's keys, and how they are read from items.
struct Schema: Sendable, Hashable {
    /// One key attribute.
    struct Key: Sendable, Hashable {
        let name: String
        let type: AttributeType
    }

    let partition: Key
    let sort: Key?

    /// The keys of an item, as bytes that order as DynamoDB orders them.
    struct ItemKey: Hashable, Sendable {
        let partition: KeyBytes
        /// `none` where the table has no sort key.
        let sort: KeyBytes
    }

    /// What an item's keys are looked for in.
    enum Source {
        /// An item that is put.
        case item
        /// A `Key` of a request, which holds the keys and nothing else.
        case key
    }

    func key(of item: JSONValue, in source: Source) throws -> ItemKey {
        guard item.kind == .object else { throw ServiceError.serialization }
        if source == .key {
            var count = 0
            for _ in item.members { count += 1 }
            guard count == (sort == nil ? 1 : 2) else { throw Self.mismatch }
        }
        let partition = try bytes(of: partition, in: item, source, limit: 2048) {
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
        }
        guard let sort else { return ItemKey(partition: partition, sort: .none) }
        let sortBytes = try bytes(of: sort, in: item, source, limit: 1024) {
            "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit "
                + "of 1024 bytes"
        }
        return ItemKey(partition: partition, sort: sortBytes)
    }

    private func bytes(
        of key: Key, in item: JSONValue, _ source: Source, limit: Int, _ tooLarge: () -> String
    ) throws -> KeyBytes {
        guard let value = item.member(named: key.name) else {
            throw source == .key
                ? Self.mismatch
                : .validation("One or more parameter values were invalid: Missing the key \(key.name) in the item")
        }
        let (type, content) = try AttributeSize.typed(value)
        guard type == key.type else {
            throw source == .key
                ? Self.mismatch
                : .validation(
                    "One or more parameter values were invalid: Type mismatch for key \(key.name) expected: "
                        + "\(key.type.rawValue) actual: \(type.rawValue)")
        }
        let bytes = try Self.bytes(of: type, content)
        guard !bytes.isEmpty else {
            throw ServiceError.validation(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                    + "empty \(type == .binary ? "binary" : "string") value. Key: \(key.name)")
        }
        guard bytes.count <= limit else { throw ServiceError.validation(tooLarge()) }
        return KeyBytes(bytes)
    }

    /// A key value's bytes, in order.
    static func bytes(of type: AttributeType, _ content: JSONValue) throws -> [UInt8] {
        guard let utf8 = content.utf8 else { throw ServiceError.serialization }
        switch type {
        case .number: return try AttributeSize.number(utf8).ordered
        case .binary:
            guard let bytes = Base64.decode(utf8) else { throw ServiceError.serialization }
            return bytes
        default: return Array(utf8)
        }
    }

    static let mismatch = ServiceError.validation("The provided key element does not match the schema")
}
