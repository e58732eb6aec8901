import AWSCore
import Testing

@testable import Beacons

struct RefusedItemsTests {
    private let body = message(
        [#"{"name":"a"}"#, #"{"events":[{"name":"b"},{"name":"c"},7]}"#, #"{"name":"d","map_id":"m"}"#],
        facts: #""ip":"::1","#)
    private let sent = Timestamp(milliseconds: received)

    private func quarantine(
        slices: ByteCount = .mebibytes(4), _ choose: (Item) -> Bool
    ) throws -> (all: ProcessedMessage, outcome: Outcome) {
        let processor = MessageProcessor(layout: .events, retention: .seconds(10))
        let slicing = MessageProcessor(layout: .events, retention: .seconds(10), sliceBytes: slices)
        guard case .items(let all) = processor.process(body: body, messageId: "sqs", sentTimestamp: sent, from: 0)
        else {
            throw UnexpectedVersion()
        }
        let refused = all.items.filter(choose).map { (item: $0.bare, reason: "too odd") }
        var message = ProcessedMessage()
        message.items = slicing.quarantine(refused: refused, body: body, messageId: "sqs", sentTimestamp: sent)
        return (all, try Outcome(message))
    }

    @Test(
        "Of refused events their entries are kept, each once, with what was refused of them before",
        arguments: [ByteCount.mebibytes(4), .bytes(0)])
    func events(_ slices: ByteCount) throws {
        let (all, outcome) = try quarantine(slices: slices) { $0.kind == .event && $0.beacon != 0 }
        #expect(all.items.compactMap { $0.kind == .event ? $0.beacon : nil } == [0, 1, 1, 2])
        #expect(outcome.quarantine.map { $0[string: "sk"] } == ["\(messageID)#1#0", "\(messageID)#2#0"])
        #expect(
            outcome.reasons == [
                "event 2: event is no object; e#unknown#20251009#0 \(messageID)-1: refused by the table: too odd; "
                    + "e#unknown#20251009#0 \(messageID)-2: refused by the table: too odd",
                "e#m#20251009#0 \(messageID)-4: refused by the table: too odd",
            ])
        #expect(
            try outcome.quarantinedBodies().last
                == Array(#"{"at":1760000000200,"ip":"::1","body":{"name":"d","map_id":"m"}}"#.utf8))
        #expect(outcome.quarantine.last?[number: "ttl"] == "1760000010")
    }

    @Test("Of another refused item the message is kept whole")
    func rollup() throws {
        let (_, outcome) = try quarantine { $0.kind == .rollup && $0.partitionKey.hasPrefix("r#m") }
        #expect(outcome.quarantine.map { $0[string: "sk"] } == ["sqs#-#0"])
        #expect(try outcome.quarantinedBodies() == [body])
    }

    @Test("Nothing refused is nothing to keep; anything refused is kept")
    func nothing() throws {
        #expect(try quarantine { _ in false }.outcome.message.items.isEmpty)
        #expect(try quarantine { $0.kind == .quarantine }.outcome.quarantine.count == 1)
        #expect(try quarantine { _ in true }.outcome.quarantine.count == 4)
    }
}
