import AWSCore
import Testing

@testable import Beacons

/// 2025-10-09T08:53:20.200Z, the arrival of test beacons.
let received: Int64 = 1_760_000_000_200
/// The id of test messages.
let messageID = "0199c820-0000-7abc-8123-456789abcdef"

typealias Attributes = [String: AttributeValue]

/// A message of bodies, each an entry with the same facts.
func message(_ bodies: [String], facts: String = "", at: Int64 = received, id: String = messageID) -> [UInt8] {
    let entries = bodies.map { "{\"at\":\(at),\(facts)\"body\":\($0)}" }
    return Array("{\"v\":1,\"id\":\"\(id)\",\"beacons\":[\(entries.joined(separator: ","))]}".utf8)
}

/// What a processor makes of a message, which is not of an unknown version.
func process(
    _ body: [UInt8], layout: Layout = .events, retention: Duration = .zero,
    sentTimestamp: Timestamp? = Timestamp(milliseconds: received)
) throws -> Outcome {
    let processor = MessageProcessor(layout: layout, retention: retention)
    let processed = processor.process(body: body, messageId: "sqs-message", sentTimestamp: sentTimestamp, from: 0)
    guard case .items(let message) = processed else { throw UnexpectedVersion() }
    return try Outcome(message)
}

/// What a processor makes of one body.
func process(
    _ body: String, facts: String = "", at: Int64 = received, layout: Layout = .events, retention: Duration = .zero
) throws -> Outcome {
    try process(message([body], facts: facts, at: at), layout: layout, retention: retention)
}

struct UnexpectedVersion: Error {}

/// Items by kind, decoded by AWSCore, not by what wrote them.
struct Outcome {
    let message: ProcessedMessage
    var events: [Attributes] = []
    var rollups: [Attributes] = []
    var quarantine: [Attributes] = []

    init(_ message: ProcessedMessage) throws {
        self.message = message
        for item in message.items {
            let attributes = try JSONParser().parse(item.json) { try AttributeValue.attributes($0) }
            #expect(attributes["pk"] == .string(item.partitionKey))
            #expect(attributes["sk"] == .string(item.sortKey))
            switch item.kind {
            case .event: events.append(attributes)
            case .rollup: rollups.append(attributes)
            case .quarantine: quarantine.append(attributes)
            }
        }
    }

    var counts: [Int] { [message.storedEvents, message.duplicateEvents, message.quarantinedEvents] }

    /// The reasons of quarantined entries.
    var reasons: [String] { quarantine.compactMap { $0["reason"]?.string } }

    /// The bodies of quarantined entries, put together.
    func quarantinedBodies() throws -> [[UInt8]] {
        var parts: [String: [StoredQuarantine]] = [:]
        for item in quarantine {
            let part = try StoredQuarantine(item: item)
            parts["\(part.messageID)#\(part.position ?? -1)", default: []].append(part)
        }
        return try parts.sorted { $0.key < $1.key }.map { try #require(StoredQuarantine.body(of: $0.value)) }
    }
}

extension [String: AttributeValue] {
    subscript(string name: String) -> String? { self[name]?.string }
    subscript(number name: String) -> String? { self[name]?.number }
}
