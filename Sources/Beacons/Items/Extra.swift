import AWSCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Gathers what else a beacon or an event carried, member by member, for `extra`.
///
/// `extra` is one JSON object of at most 4,096 bytes: the event's own members, then its beacon's whose names the event
/// does not have. Where that is more, members that do not fit are left out whole (of an object, its members), and
/// `"truncated":true` says so; a client's own member of that name is never copied.
struct Extra: ~Copyable {
    /// Bytes of `extra`.
    static let limit = 4096
    private static let truncatedMember: StaticString = "\"truncated\":true"
    /// Bytes for members where it is truncated: less the braces, a comma and what says so.
    private static let truncatedLimit = limit - 3 - truncatedMember.utf8CodeUnitCount

    /// `"name":value`, one after another.
    private var text = OutputBuffer(capacity: 1024)
    private var members: [(key: UnsafeRawBufferPointer, start: Int, end: Int)] = []
    private var isCut = false

    /// Whether there is nothing to say.
    var isEmpty: Bool {
        @inline(__always) get { members.isEmpty && !isCut }
    }

    init() {}

    mutating func removeAll() {
        if isEmpty { return }
        text.truncate(to: 0)
        members.removeAll(keepingCapacity: true)
        isCut = false
    }

    /// Adds a member; the first of a name stands.
    ///
    /// - Parameters:
    ///   - key: Its name, in the memory of the document, which outlives this.
    ///   - value: Its value; `null` is absent.
    mutating func add(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        guard !value.isNull, let start = begin(key) else { return }
        text.append(json: value)
        if text.count - start > Self.limit - 2 { refit(key, value, from: start) }
        end(key, from: start)
    }

    /// Adds an object of those members of a value that have not been read otherwise, if there are any.
    mutating func add(
        _ key: StaticString, remainderOf value: JSONValue, without first: StaticString, _ second: StaticString
    ) {
        let name = UnsafeRawBufferPointer(key)
        guard let start = begin(name) else { return }
        let isNonempty = appendObject(value, from: start) {
            !$0.hasSameBytes(as: first) && !$0.hasSameBytes(as: second)
        }
        if isNonempty { end(name, from: start) } else { text.truncate(to: start) }
    }

    private mutating func begin(_ key: UnsafeRawBufferPointer) -> Int? {
        let start = text.count
        if start > Self.limit {
            // They do not all fit anyway; so that nobody can make the search for a first of the name long.
            isCut = true
            return nil
        }
        if key.hasSameBytes(as: "truncated" as StaticString) || contains(key) { return nil }
        appendKey(key)
        return start
    }

    private mutating func end(_ key: UnsafeRawBufferPointer, from start: Int) {
        if text.count > start { members.append((key, start, text.count)) }
    }

    private mutating func appendKey(_ key: UnsafeRawBufferPointer) {
        text.append(UInt8(ascii: "\""))
        text.append(escaping: key)
        text.append("\":" as StaticString)
    }

    /// Writes again a member that is too large: of an object, the members that fit; else nothing.
    private mutating func refit(_ key: UnsafeRawBufferPointer, _ value: JSONValue, from start: Int) {
        isCut = true
        text.truncate(to: start)
        guard value.kind == .object else { return }
        appendKey(key)
        if !appendObject(value, from: start, isIncluded: { _ in true }) { text.truncate(to: start) }
    }

    /// Appends an object of the members that are included and fit.
    ///
    /// - Returns: Whether it has any.
    private mutating func appendObject(
        _ value: JSONValue, from start: Int, isIncluded: (UnsafeRawBufferPointer) -> Bool
    ) -> Bool {
        var isNonempty = false
        text.append(UInt8(ascii: "{"))
        for (key, member) in value.members where isIncluded(key) && !member.isNull {
            let before = text.count
            if isNonempty { text.append(UInt8(ascii: ",")) }
            appendKey(key)
            text.append(json: member)
            if text.count + 1 - start > Self.truncatedLimit {
                isCut = true
                text.truncate(to: before)
            } else {
                isNonempty = true
            }
        }
        text.append(UInt8(ascii: "}"))
        return isNonempty
    }

    private func contains(_ key: UnsafeRawBufferPointer) -> Bool {
        members.contains { $0.key.hasSameBytes(as: key) }
    }

    /// Appends the whole object.
    ///
    /// - Parameters:
    ///   - event: What the event carried.
    ///   - beacon: What its beacon carried.
    ///   - buffer: What to append to.
    static func append(_ event: borrowing Extra, _ beacon: borrowing Extra, to buffer: inout OutputBuffer) {
        let start = buffer.count
        if !event.isCut && !beacon.isCut {
            let fits = appendMembers(event, beacon, within: limit - 2, to: &buffer)
            if fits { return buffer.append(UInt8(ascii: "}")) }
            buffer.truncate(to: start)
        }
        _ = appendMembers(event, beacon, within: truncatedLimit, to: &buffer)
        if buffer.count > start + 1 { buffer.append(UInt8(ascii: ",")) }
        buffer.append(truncatedMember)
        buffer.append(UInt8(ascii: "}"))
    }

    /// - Returns: Whether all of them fit.
    private static func appendMembers(
        _ event: borrowing Extra, _ beacon: borrowing Extra, within limit: Int, to buffer: inout OutputBuffer
    ) -> Bool {
        let start = buffer.count + 1
        var fits = true
        buffer.append(UInt8(ascii: "{"))
        func append(_ extra: borrowing Extra, _ member: (key: UnsafeRawBufferPointer, start: Int, end: Int)) {
            let separator = buffer.count > start ? 1 : 0
            guard buffer.count - start + separator + member.end - member.start <= limit else {
                fits = false
                return
            }
            if separator > 0 { buffer.append(UInt8(ascii: ",")) }
            buffer.append(UnsafeRawBufferPointer(rebasing: extra.text.bytes[member.start..<member.end]))
        }
        for member in event.members { append(event, member) }
        for member in beacon.members where event.isEmpty || !event.contains(member.key) { append(beacon, member) }
        return fits
    }
}
