import Beacons
import Channels
import Locking

@testable import AWSCore
@testable import Worker

/// Quarantine in memory, in pages of three.
final class ScriptedShelf: QuarantineShelf {
    /// Items by `<pk>/<sk>`.
    let items = Guarded<[String: [String: AttributeValue]]>([:])
    /// Is asked before a page is read.
    let onPage = Guarded<@Sendable (ScriptedShelf) -> Void>({ _ in })

    var keys: [String] { items.withLock { $0.keys.sorted() } }

    /// Puts what is quarantined of a message.
    func add(_ body: String, id: String = "sqs-id", day: Int64 = 20_000) {
        let processor = MessageProcessor(layout: .events, retention: .zero)
        let sentAt = Timestamp(seconds: day * 86_400)
        guard
            case .items(let message) = processor.process(
                body: Array(body.utf8), messageId: id, sentTimestamp: sentAt, from: 0)
        else { return }
        for item in message.items where item.kind == .quarantine { put(item) }
    }

    func put(_ item: Item) {
        guard let attributes = try? JSONParser().parse(item.json, { try AttributeValue.attributes($0) }) else { return }
        items.withLock { $0["\(item.partitionKey)/\(item.sortKey)"] = attributes }
    }

    func page(of day: String, after key: [String: AttributeValue]?) async throws(AWSError) -> DynamoDBPage {
        onPage.withLock { $0 }(self)
        let last = key.map { "\($0["pk"]?.string ?? "")/\($0["sk"]?.string ?? "")" } ?? ""
        let rest = items.withLock { $0 }.filter { $0.key.hasPrefix("q#\(day)/") && $0.key > last }
            .sorted { $0.key < $1.key }
        let page = rest.prefix(3).map(\.value)
        let next = rest.count > 3 ? page.last.map { ["pk": $0["pk"] ?? .null, "sk": $0["sk"] ?? .null] } : nil
        return DynamoDBPage(items: page, lastEvaluatedKey: next)
    }

    func count(of day: String, upTo enough: Int) async throws(AWSError) -> Int {
        items.withLock { $0.keys.count { $0.hasPrefix("q#\(day)/") } }
    }

    func delete(_ keys: [[String: AttributeValue]]) async throws(AWSError) {
        items.withLock { items in
            for key in keys { items["\(key["pk"]?.string ?? "")/\(key["sk"]?.string ?? "")"] = nil }
        }
    }
}
