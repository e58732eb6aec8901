import AWSCore
import Testing

@testable import Beacons

struct StoredTests {
    @Test("The hour's figures are the sum over its rollups")
    func sums() throws {
        var sum = Figures()
        for (number, layout) in [Layout.events, .segments].enumerated() {
            let body = message(
                [#"{"events":[{"name":"map.load","center":[1,2],"zoom":3},{"name":"b"}]}"#], id: "m\(number)")
            for rollup in try process(body, layout: layout).rollups { sum += try StoredRollup(item: rollup).figures }
        }
        #expect(sum == Figures(events: 4, names: ["map.load": 2, "b": 2], tiles: ["122": 2]))
    }

    @Test("A quarantined entry becomes a message again, one that stores what is good in it")
    func replayEntry() throws {
        let outcome = try process(message(["{}", #"{"events":[{"name":"a","id":"1"},5]}"#], facts: #""project":"p","#))
        let parts = try outcome.quarantine.map { try StoredQuarantine(item: $0) }.filter { $0.position == 1 }
        #expect(parts.first?.day == "20251009" && parts.first?.reason == "event 1: event is no object")
        let again = try #require(StoredQuarantine.message(of: parts))
        #expect(again == StoredQuarantine.message(of: parts))
        let replayed = try process(again)
        #expect(replayed.events == outcome.events)
        #expect(replayed.message.messageID != messageID)
        #expect(replayed.message.messageID.utf8.count == 36)
        // And back again: the same entry, byte for byte.
        #expect(try replayed.quarantinedBodies() == [try #require(StoredQuarantine.body(of: parts))])
    }

    @Test("An unreadable message comes back as it was")
    func replayMessage() throws {
        let body = Array(#"{"v":1,"id":"m"}"#.utf8)
        let parts = try process(body).quarantine.map { try StoredQuarantine(item: $0) }
        #expect(StoredQuarantine.message(of: parts) == body)
    }

    @Test("Parts are put together in order, and none may be missing or strange")
    func parts() throws {
        let body = Array(repeating: UInt8(ascii: "x"), count: 700_000)
        let parts = try process(body).quarantine.map { try StoredQuarantine(item: $0) }
        #expect(StoredQuarantine.body(of: parts.reversed()) == body)
        #expect(StoredQuarantine.body(of: [parts[0], parts[2]]) == nil)
        #expect(StoredQuarantine.body(of: [parts[1], parts[2]]) == nil)
        #expect(StoredQuarantine.body(of: []) == nil)
        var stranger = parts[1]
        stranger.messageID = "another"
        #expect(StoredQuarantine.body(of: [parts[0], stranger, parts[2]]) == nil)
    }

    @Test("What is no item of its kind is an error that names the key")
    func errors() throws {
        let outcome = try process(#"{"events":[{"name":"a"},1]}"#, layout: .events)
        var event = try #require(outcome.events.first)
        var rollup = try #require(try process(#"{"name":"a"}"#, layout: .segments).rollups.first)
        var quarantine = try #require(outcome.quarantine.first)
        #expect(throws: StoredError.self) { try StoredEvent(item: rollup) }
        #expect(throws: StoredError.self) { try StoredRollup(item: quarantine) }
        #expect(throws: StoredError.self) { try StoredQuarantine(item: event) }
        event["at"] = .number("1.5")
        #expect(throws: StoredError.self) { try StoredEvent(item: event) }
        rollup["events"] = .binary([1, 2, 3])
        #expect { try StoredRollup(item: rollup).storedEvents() } throws: {
            "\($0)" == "item r#unknown#2025100908 / \(messageID)#0: events: not deflated data, or cut short"
        }
        quarantine["body"] = .binary(Array(quarantine["body"]?.binary?.dropLast() ?? []))
        #expect(throws: StoredError.self) { try StoredQuarantine(item: quarantine) }
    }

    @Test("Inflating stops at its bound")
    func bomb() throws {
        let zeros = [UInt8](repeating: 0, count: 10_000_000)
        let bomb = zeros.withUnsafeBytes { Deflater().deflate($0) }
        #expect(throws: InflateError.tooLarge) { try Inflater.inflate(bomb, limit: 300_000) }
        #expect(try Inflater.inflate(bomb, limit: 10_000_000) == zeros)
        #expect(throws: InflateError.damaged) { try Inflater.inflate(bomb.dropLast(), limit: 10_000_000) }
        #expect(throws: InflateError.damaged) { try Inflater.inflate([], limit: 10) }
    }
}

extension Inflater {
    fileprivate static func inflate(_ bytes: ArraySlice<UInt8>, limit: Int) throws -> [UInt8] {
        try inflate(Array(bytes), limit: limit)
    }
}
