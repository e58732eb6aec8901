import AWSCore
import Testing

@testable import Beacons

struct RollupTests {
    @Test("A message has one rollup for each map and hour, in order of first sight")
    func rollups() throws {
        let outcome = try process(
            message([
                #"{"map_id":"m","events":[{"name":"map.load","center":[1,2],"zoom":3},{"name":"map.click","ts":1759900000000},{"name":"map.moveend","center":[1,2],"zoom":3}]}"#,
                #"{"map_id":"n","name":"map.click","center":[1,2],"zoom":3}"#,
                #"{"map_id":"m","events":[{"name":"map.moveend","center":[1,2],"zoom":0},{"name":"x"},{"name":""}]}"#,
            ]))
        #expect(
            outcome.rollups.map { $0[string: "pk"] } == ["r#m#2025100908", "r#m#2025100805", "r#n#2025100908"])
        #expect(outcome.rollups.allSatisfy { $0[string: "sk"] == messageID + "#0" })
        #expect(outcome.rollups.map { $0[number: "n"] } == ["4", "1", "1"])
        #expect(
            outcome.rollups[0]["names"]
                == .map(["map.load": .number("1"), "map.moveend": .number("2"), "x": .number("1")]))
        #expect(outcome.rollups[0]["tiles"] == .map(["122": .number("2"), "-": .number("1")]))
        #expect(outcome.rollups[2]["tiles"] == nil)
        #expect(outcome.rollups[0]["events"] == nil && outcome.rollups[0]["first"] == nil)
    }

    @Test("A message of refused events has no rollup")
    func nothing() throws {
        #expect(try process("{}").rollups.isEmpty)
        #expect(try process(message([])).message.items.isEmpty)
    }

    @Test("Of 200 names all are listed, of more the rest are under other", arguments: [200, 201, 250])
    func names(count: Int) throws {
        let events = (0..<count).map { #"{"name":"n\#($0)"}"# } + [#"{"name":"n0"}"#, #"{"name":"n249"}"#]
        let outcome = try process(#"{"events":[\#(events.joined(separator: ","))]}"#)
        let names = try #require(outcome.rollups.first?["names"]?.map)
        #expect(names["n0"] == .number("2"))
        #expect(names["n199"] == .number("1"))
        #expect(names["n200"] == nil)
        #expect(names["other"] == .number("\(count + 1 - 200)"))
        #expect(names.count == 201)
        #expect(outcome.rollups.first?[number: "n"] == "\(count + 2)")
    }

    @Test("An event named other merges with the rest, before and behind the limit")
    func named() throws {
        let many = (0..<210).map { #"{"name":"n\#($0)"}"# }
        let behind = try process(#"{"events":[\#((many + [#"{"name":"other"}"#]).joined(separator: ","))]}"#)
        #expect(behind.rollups.first?["names"]?.map?["other"] == .number("11"))
        let before = try process(#"{"events":[\#(([#"{"name":"other"}"#] + many).joined(separator: ","))]}"#)
        #expect(before.rollups.first?["names"]?.map?["other"] == .number("12"))
        #expect(before.rollups.first?["names"]?.map?.count == 200)
    }

    @Test("Of 1,000 tiles all are listed, of more the rest are under other", arguments: [1000, 1001, 1100])
    func tiles(count: Int) throws {
        let events = (0...count).map { number -> String in
            // Some tiles apart at zoom 16, the first one twice.
            let place = Double(number % count) * 0.1 - 90
            return #"{"name":"map.load","zoom":16,"center":[\#(place),10]}"#
        }
        let outcome = try process(#"{"events":[\#(events.joined(separator: ","))]}"#)
        let tiles = try #require(outcome.rollups.first?["tiles"]?.map)
        #expect(tiles["other"] == (count > 1000 ? .number("\(count - 1000)") : nil))
        #expect(tiles.count == min(count, 1001))
        #expect(tiles.values.compactMap(\.integer).reduce(0, +) == count + 1)
    }

    @Test("Names that are canonically equivalent and differ in bytes are counted apart")
    func equivalent() throws {
        let outcome = try process(#"{"events":[{"name":"\u00e9"},{"name":"e\u0301"}]}"#)
        let json = try #require(outcome.message.items.first { $0.kind == .rollup }?.json)
        #expect(
            String(decoding: json, as: UTF8.self).utf8.elementsEqual(
                """
                {"pk":{"S":"r#unknown#2025100908"},"sk":{"S":"\(messageID)#0"},"n":{"N":"2"},\
                "names":{"M":{"\u{e9}":{"N":"1"},"e\u{301}":{"N":"1"}}}}
                """.utf8))
    }
}
