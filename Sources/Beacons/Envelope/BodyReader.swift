import AWSCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Why a request's body is refused: the contract's code and a sentence for the client.
public struct BodyError: Error, Sendable, Hashable {
    /// The `error` of the answer.
    public enum Code: String, Sendable {
        /// 400
        case malformed
        /// 413
        case tooLarge = "too_large"
    }

    /// The `error` of the answer.
    public let code: Code
    /// The `detail` of the answer: a sentence.
    public let detail: String

    init(_ code: Code, _ detail: String) {
        self.code = code
        self.detail = detail
    }
}

/// One beacon of a body: where its object lies, and what the catcher must know of it.
public struct BeaconSpan: Sendable, Hashable {
    /// The object's bytes in the body, or in ``BodyReading/rewritten`` where that is given.
    public let range: Range<Int>
    /// The write key: the top-level `key`, if it is a string.
    public let key: String?
    /// How many events it carries; a beacon without `events` is one.
    public let events: Int
}

/// What a body holds.
public struct BodyReading: Sendable {
    /// The body as it goes on the queue, where that differs from what was sent; `nil` where it does not.
    public let rewritten: [UInt8]?
    /// The beacons in order, 1 to 500.
    public let beacons: [BeaconSpan]
}

/// Reads a request's body as far as the catcher must: that it is JSON, where each beacon lies, its key, its size.
///
/// Not for concurrent use: one for each event loop. It keeps buffers, so that the common body, one object, costs
/// little more than its parse.
public final class BodyReader {
    /// How a body is laid out.
    public enum Form: Sendable {
        /// One object, or an array of objects.
        case json
        /// One object a line, ended by LF or CRLF; blank lines count for nothing.
        case ndjson
    }

    private let parser = JSONParser(maxDepth: Envelope.bodyDepth)
    private var beacons: [BeaconSpan] = []

    /// Creates a reader with empty buffers.
    public init() {}

    /// Reads a body, all or nothing.
    ///
    /// - Parameters:
    ///   - body: The body, inflated.
    ///   - padded: Whether `JSONParser.padding` bytes behind it are readable; if not, it is copied to be parsed.
    ///   - form: How it is laid out.
    /// - Returns: Its beacons. Drop it before the next call, and the array's memory is used again.
    /// - Throws: ``BodyError``: malformed, or more than 500 beacons or 500 events in one.
    public func read(
        _ body: UnsafeRawBufferPointer, padded: Bool = false, form: Form = .json
    ) throws(BodyError) -> BodyReading {
        if SQSText.containsRefused(body) { return try readRewritten(body, form: form) }
        do {
            try find(body, padded: padded, form: form)
        } catch .json(.string, _), .json(.number, _) {
            return try readRewritten(body, form: form)
        } catch {
            throw error.asBodyError
        }
        return BodyReading(rewritten: nil, beacons: beacons)
    }

    private func readRewritten(_ body: UnsafeRawBufferPointer, form: Form) throws(BodyError) -> BodyReading {
        var rewritten = LenientJSON.rewrite(body)
        rewritten.reserveCapacity(rewritten.count + JSONParser.padding)
        let found = rewritten.withUnsafeBytes { bytes in
            Result { () throws(Refusal) in try find(bytes, padded: true, form: form) }
        }
        if case .failure(let refusal) = found { throw refusal.asBodyError }
        return BodyReading(rewritten: rewritten, beacons: beacons)
    }

    /// Why a body, or a line of it, was refused: by the parser (which the slow path may mend) or by its content.
    private enum Refusal: Error {
        case json(JSONError, line: Int?)
        case content(BodyError)

        var asBodyError: BodyError {
            switch self {
            case .content(let error): error
            case .json(.capacity, _): BodyError(.tooLarge, "The body is too large.")
            case .json(.empty, _): BodyError(.malformed, "The body is empty.")
            case .json(let error, nil): BodyError(.malformed, "The body is refused: \(error.rawValue).")
            case .json(let error, let line?): BodyError(.malformed, "Line \(line) is refused: \(error.rawValue).")
            }
        }
    }

    private func find(_ body: UnsafeRawBufferPointer, padded: Bool, form: Form) throws(Refusal) {
        beacons.removeAll(keepingCapacity: true)
        switch form {
        case .json: try findInDocument(body, padded: padded)
        case .ndjson: try findInLines(body, padded: padded)
        }
    }

    private func findInDocument(_ body: UnsafeRawBufferPointer, padded: Bool) throws(Refusal) {
        try parse(body, padded: padded, line: nil) { root throws(Refusal) in
            switch root.kind {
            case .object:
                try add(root, at: Self.trimmed(body, 0..<body.count))
            case .array:
                var scanner = SpanScanner(array: body)
                for element in root.elements {
                    guard element.kind == .object, let range = scanner.next() else {
                        throw .content(
                            BodyError(.malformed, "Element \(beacons.count) of the array is not an object."))
                    }
                    try add(element, at: range)
                }
                if beacons.isEmpty { throw .content(BodyError(.malformed, "The array is empty.")) }
            default:
                throw .content(BodyError(.malformed, "The body is neither an object nor an array of objects."))
            }
        }
    }

    private func findInLines(_ body: UnsafeRawBufferPointer, padded: Bool) throws(Refusal) {
        var start = 0
        var line = 0
        while start < body.count {
            line += 1
            let end = Self.endOfLine(body, from: start)
            let range = Self.trimmed(body, start..<end)
            start = end + 1
            if range.isEmpty { continue }
            // What follows a line pads it.
            let isPadded = padded || range.upperBound + JSONParser.padding <= body.count
            let number = line
            try parse(UnsafeRawBufferPointer(rebasing: body[range]), padded: isPadded, line: number) {
                root throws(Refusal) in
                guard root.kind == .object else {
                    throw .content(BodyError(.malformed, "Line \(number) is not an object."))
                }
                try add(root, at: range)
            }
        }
        if beacons.isEmpty { throw .json(.empty, line: nil) }
    }

    private func add(_ beacon: JSONValue, at range: Range<Int>) throws(Refusal) {
        guard beacons.count < Envelope.maxBeaconsPerRequest else {
            throw .content(
                BodyError(.tooLarge, "A request carries at most \(Envelope.maxBeaconsPerRequest) beacons."))
        }
        var events = 1
        if let list = beacon["events"], list.kind == .array {
            events = 0
            for _ in list.elements { events += 1 }
        }
        guard events <= Envelope.maxEventsPerBeacon else {
            throw .content(
                BodyError(
                    .tooLarge,
                    "Beacon \(beacons.count) carries \(events) events, at most \(Envelope.maxEventsPerBeacon) are taken."
                ))
        }
        beacons.append(BeaconSpan(range: range, key: beacon["key"]?.string, events: events))
    }

    /// `JSONParser.parse` with its errors typed.
    private func parse(
        _ bytes: UnsafeRawBufferPointer, padded: Bool, line: Int?, _ body: (JSONValue) throws(Refusal) -> Void
    ) throws(Refusal) {
        do {
            try parser.parse(bytes, padded: padded, body)
        } catch let error as Refusal {
            throw error
        } catch let error as JSONError {
            throw .json(error, line: line)
        } catch {
            throw .json(.syntax, line: line)
        }
    }

    private static func endOfLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start)
        else { return bytes.count }
        return UnsafeRawPointer(found) - base
    }

    private static func trimmed(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Range<Int> {
        var lower = range.lowerBound
        var upper = range.upperBound
        while lower < upper && SpanScanner.isSpace(bytes[lower]) { lower += 1 }
        while upper > lower && SpanScanner.isSpace(bytes[upper - 1]) { upper -= 1 }
        return lower..<upper
    }
}
