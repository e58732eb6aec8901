import AWSCore

/// Reading requests.
extension JSONValue {
    /// The elements of a member; none where it is absent.
    ///
    /// - Throws: `ServiceError.serialization` where the member is no array.
    func elements(named name: StaticString) throws -> [JSONValue] {
        guard let member = self[name], !member.isNull else { return [] }
        guard member.kind == .array else { throw ServiceError.serialization }
        return Array(member.elements)
    }

    /// An integer member; `nil` where it is absent.
    ///
    /// - Throws: `ServiceError.serialization` where the member is no integer.
    func integer(named name: StaticString) throws -> Int? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let value = member.integer else { throw ServiceError.serialization }
        return Int(value)
    }

    /// A string member; `nil` where it is absent.
    ///
    /// - Throws: `ServiceError.serialization` where the member is no string.
    func string(named name: StaticString) throws -> String? {
        guard let member = self[name], !member.isNull else { return nil }
        guard let value = member.string else { throw ServiceError.serialization }
        return value
    }
}
