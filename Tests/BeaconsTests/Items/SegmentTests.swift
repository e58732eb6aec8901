import AWSCore
import Testing

@testable import Beacons

struct SegmentTests {
    private let rich = #"""
        {"session_id":"s","view_id":"v","map_id":"m#","lang":"en","viewport":[1280,720],"dpr":2,
         "page":{"url":"https://example.com","referrer":"r"},"lib":{"name":"l","version":"1"},
         "events":[
          {"id":"é\"\n","name":"map.load","ts":1759999999000,"center":[-122.75,53.9],"zoom":11.4,"bbox":[1,2,3,4],
           "bearing":-0.5,"pitch":1e-9,"gesture":"pan","layer_id":1,"feature_id":"f","lnglat":[5,6],"duration_ms":4,
           "tiles":24,"errors":0,"props":{"a":"\u0000"}},
          {"name":"map.click","ts":1759900000000},{"name":"map.click"}]}
        """#

    @Test("Both layouts hold the same events")
    func sameEvents() throws {
        let facts = #""project":"p","ip":"203.0.113.0","ua":"u","origin":"o","#
        let items = try process(rich, facts: facts, layout: .events)
        let segments = try process(rich, facts: facts, layout: .segments)
        let fromItems = try items.events.map { try StoredEvent(item: $0) }
        let fromSegments = try segments.rollups.flatMap { try StoredRollup(item: $0).storedEvents() }
        #expect(fromItems.count == 3)
        // Segments are by hour, events in the order of the message.
        #expect(Set(fromItems) == Set(fromSegments))
        #expect(segments.events.isEmpty)
        let first = try #require(fromItems.first)
        #expect(
            first.map == "p/m%23" && first.key == "s/é\"\n" && first.pitch == 1e-9 && first.viewport == [1280, 720])
        #expect(first.extra == #"{"props":{"a":"\u0000"},"dpr":2}"#)
        #expect(items.rollups.map { $0["names"] } == segments.rollups.map { $0["names"] })
        #expect(items.rollups.map { $0["pk"] } == segments.rollups.map { $0["pk"] })
    }

    @Test("A segment says the earliest and the latest time in it")
    func bounds() throws {
        let outcome = try process(
            #"{"events":[{"name":"a","ts":1759999999000},{"name":"a","ts":1759999998000},{"name":"a","ts":1759999999500}]}"#,
            layout: .segments)
        #expect(outcome.rollups.first?[number: "first"] == "1759999998000")
        #expect(outcome.rollups.first?[number: "last"] == "1759999999500")
    }

    @Test("A part is cut before 300,000 bytes, in the order of the message, and counts its own events")
    func parts() throws {
        // Lines of about 4,400 bytes that hardly deflate.
        var random = SplitMix64(seed: 3)
        let events = (0..<200).map { number -> String in
            let text = (0..<250).map { _ in String(random.next(), radix: 36) }.joined()
            return #"{"name":"n\#(number / 50)","props":{"x":"\#(text.prefix(3900))"}}"#
        }
        let outcome = try process(#"{"events":[\#(events.joined(separator: ","))]}"#, layout: .segments)
        let parts = try outcome.rollups.map { try StoredRollup(item: $0) }
        #expect(parts.count > 2)
        #expect(parts.map(\.part) == Array(0..<parts.count))
        var keys: [String] = []
        for (number, part) in parts.enumerated() {
            let stored = try part.storedEvents()
            #expect(part.figures.events == stored.count)
            #expect(part.figures.names.values.reduce(0, +) == stored.count)
            keys += stored.map(\.key)
            let size = try Inflater.inflate(try #require(outcome.rollups[number]["events"]?.binary), limit: 300_000)
                .count
            #expect(size <= 300_000)
            // The next line would not have fitted.
            #expect(size > 300_000 - 4500 || number == parts.count - 1)
            #expect(outcome.message.items[number].json.count < 600_000)
        }
        #expect(keys == (0..<200).map { "\(messageID)-\($0)" })
        #expect(outcome.counts == [200, 0, 0])
    }

    @Test("Duplicates are left out of segments too")
    func duplicates() throws {
        let outcome = try process(
            #"{"events":[{"name":"a","id":"1"},{"name":"b","id":"1"}]}"#, layout: .segments)
        #expect(outcome.counts == [1, 1, 0])
        #expect(try StoredRollup(item: try #require(outcome.rollups.first)).storedEvents().map(\.name) == ["a"])
    }
}
