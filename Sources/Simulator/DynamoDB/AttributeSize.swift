import AWSCore

/// Checks attribute values and measures them by AWS's rules (DynamoDB developer guide, "DynamoDB item sizes and
/// formats").
enum AttributeSize {
    /// The bytes of an item: its names and values.
    ///
    /// - Throws: `ServiceError` where a value is none that DynamoDB takes.
    static func item(_ item: JSONValue) throws -> Int {
        guard item.kind == .object else { throw ServiceError.serialization }
        var size = 0
        for (name, value) in item.members {
            guard name.count > 0 else {
                throw ServiceError.validation("One or more parameter values were invalid: Empty attribute name")
            }
            size += name.count + (try self.value(value, depth: 1))
        }
        return size
    }

    /// The bytes of a value.
    static func value(_ value: JSONValue, depth: Int) throws -> Int {
        let (type, content) = try typed(value)
        switch type {
        case .string:
            guard let utf8 = content.utf8 else { throw ServiceError.serialization }
            return utf8.count
        case .number:
            guard let utf8 = content.utf8 else { throw ServiceError.serialization }
            return try numberSize(utf8)
        case .binary:
            guard let utf8 = content.utf8, let count = Base64.decodedCount(utf8) else {
                throw ServiceError.serialization
            }
            return count
        case .bool:
            guard content.bool != nil else { throw ServiceError.serialization }
            return 1
        case .null:
            guard content.bool == true else {
                throw ServiceError.validation(
                    "One or more parameter values were invalid: Null attribute value types must have the value of true")
            }
            return 1
        case .list, .map: return try container(type, content, depth: depth)
        case .stringSet, .numberSet, .binarySet: return try set(type, content)
        }
    }

    private static func container(_ type: AttributeType, _ content: JSONValue, depth: Int) throws -> Int {
        guard depth <= 32 else {
            throw ServiceError.validation(
                "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
            )
        }
        // Three bytes for the container and one for each of its elements.
        var size = 3
        if type == .list {
            guard content.kind == .array else { throw ServiceError.serialization }
            for element in content.elements { size += 1 + (try value(element, depth: depth + 1)) }
        } else {
            guard content.kind == .object else { throw ServiceError.serialization }
            for (name, member) in content.members {
                size += 1 + name.count + (try value(member, depth: depth + 1))
            }
        }
        return size
    }

    private static func set(_ type: AttributeType, _ content: JSONValue) throws -> Int {
        guard content.kind == .array else { throw ServiceError.serialization }
        var size = 0
        var seen: Set<[UInt8]> = []
        for element in content.elements {
            guard let utf8 = element.utf8 else { throw ServiceError.serialization }
            switch type {
            case .numberSet: size += try numberSize(utf8)
            case .binarySet: size += Base64.decodedCount(utf8) ?? 0
            default: size += utf8.count
            }
            guard seen.insert(Array(utf8)).inserted else {
                throw ServiceError.validation(
                    "One or more parameter values were invalid: Input collection contains duplicates.")
            }
        }
        guard size > 0 || !seen.isEmpty else {
            throw ServiceError.validation("One or more parameter values were invalid: An string set  may not be empty")
        }
        return size
    }

    private static func numberSize(_ utf8: UnsafeRawBufferPointer) throws -> Int {
        if let size = plainNumberSize(utf8) { return size }
        return try number(utf8).size
    }

    /// The size of a number without an exponent and with few digits, which nearly all are, without an allocation.
    private static func plainNumberSize(_ utf8: UnsafeRawBufferPointer) -> Int? {
        guard utf8.count > 0, utf8.count <= 20 else { return nil }
        var significant = 0
        var zeros = 0
        var isNegative = false
        var hasPoint = false
        var digits = 0
        for (at, byte) in utf8.enumerated() {
            switch byte {
            case UInt8(ascii: "-") where at == 0: isNegative = true
            case UInt8(ascii: ".") where !hasPoint: hasPoint = true
            case UInt8(ascii: "0"):
                digits += 1
                if significant > 0 { zeros += 1 }
            case UInt8(ascii: "1")...UInt8(ascii: "9"):
                digits += 1
                significant += zeros + 1
                zeros = 0
            default: return nil
            }
        }
        guard digits > 0 else { return nil }
        return significant == 0 ? 1 : (significant + 1) / 2 + 1 + (isNegative ? 1 : 0)
    }

    /// Reads a number.
    static func number(_ utf8: UnsafeRawBufferPointer) throws -> Number {
        do throws(Number.Refusal) {
            return try Number(utf8)
        } catch {
            switch error {
            case .notANumber:
                throw ServiceError.validation(
                    "The parameter cannot be converted to a numeric value: \(String(decoding: utf8, as: UTF8.self))")
            case .tooManyDigits:
                throw ServiceError.validation("Attempting to store more than 38 significant digits in a Number")
            case .tooLarge:
                throw ServiceError.validation(
                    "Number overflow. Attempting to store a number with magnitude larger than supported range")
            case .tooSmall:
                throw ServiceError.validation(
                    "Number underflow. Attempting to store a number with magnitude smaller than supported range")
            }
        }
    }

    /// The one type of a value and what it holds.
    static func typed(_ value: JSONValue) throws -> (AttributeType, JSONValue) {
        guard value.kind == .object else { throw ServiceError.serialization }
        var members = value.members
        guard let (name, content) = members.next() else {
            throw ServiceError.validation(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
        }
        guard members.next() == nil else {
            throw ServiceError.validation(
                "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
                    + "datatypes")
        }
        guard let type = AttributeType(name) else {
            throw ServiceError.validation(
                "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
        }
        return (type, content)
    }
}

/// The types of attribute values.
enum AttributeType: String, Sendable {
    case string = "S"
    case number = "N"
    case binary = "B"
    case bool = "BOOL"
    case null = "NULL"
    case list = "L"
    case map = "M"
    case stringSet = "SS"
    case numberSet = "NS"
    case binarySet = "BS"

    init?(_ name: UnsafeRawBufferPointer) {
        if name.count == 1 {
            switch name[0] {
            case UInt8(ascii: "S"): self = .string
            case UInt8(ascii: "N"): self = .number
            case UInt8(ascii: "B"): self = .binary
            case UInt8(ascii: "L"): self = .list
            case UInt8(ascii: "M"): self = .map
            default: return nil
            }
        } else {
            self.init(rawValue: String(decoding: name, as: UTF8.self))
        }
    }
}

/// Base64 with padding (RFC 4648, section 4).
enum Base64 {
    /// How many bytes a text stands for; `nil` if it is no base64. Its last characters alone are looked at.
    static func decodedCount(_ text: UnsafeRawBufferPointer) -> Int? {
        guard text.count % 4 == 0 else { return nil }
        guard text.count > 0 else { return 0 }
        let padding = text.reversed().prefix(2).prefix { $0 == UInt8(ascii: "=") }.count
        return text.count / 4 * 3 - padding
    }

    static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var held = 0
        for (at, character) in text.enumerated() {
            let value: UInt8
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
            case UInt8(ascii: "+"): value = 62
            case UInt8(ascii: "/"): value = 63
            case UInt8(ascii: "=") where at >= text.count - 2: continue
            default: return nil
            }
            bits = bits << 6 | UInt32(value)
            held += 6
            if held >= 8 {
                held -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(held)))
            }
        }
        return bytes
    }
}
