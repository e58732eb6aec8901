import Testing

@testable import Beacons

struct TimeTests {
    @Test(
        "An event's time is its arrival less its age by the client's clock, never after its arrival",
        arguments: [
            (#""sent_at":1760000000123,"ts":1759999999000"#, 1_759_999_999_077),
            (#""sent_at":5000,"ts":1000"#, received - 4000),
            (#""sent_at":1000,"ts":5000"#, received),
            (#""sent_at":1000"#, received),
            (#""ts":1759999999000"#, 1_759_999_999_000),
            (#""ts":1760000000201"#, received),
            (#""ts":-5"#, -5),
            (#""ts":1759999999000.9"#, 1_759_999_999_000),
            (#""sent_at":"1760000000123","ts":1759999999000"#, 1_759_999_999_000),
            (#""sent_at":-999999999999999,"ts":999999999999999"#, received),
            (#""sent_at":999999999999999,"ts":-999999999999999"#, received - 1_999_999_999_999_998),
            ("\"x\":0", received),
        ])
    func at(members: String, expected: Int64) throws {
        let outcome = try process(#"{"name":"a",\#(members)}"#)
        #expect(outcome.events.map { $0[number: "at"] } == ["\(expected)"])
        #expect(outcome.events.map { $0[number: "received"] } == ["\(received)"])
    }

    // 0199b386-6000 is 2025-10-05T08:39:12Z, 1759900000000 2025-10-08T05:06:40Z.
    @Test(
        "The key's day and hour are of the first usable time: in a UUID of version 7, in ts, the arrival",
        arguments: [
            (#""id":"0199b386-6000-7abc-8123-456789abcdef","ts":1759900000000"#, "2025100508"),
            (#""id":"0199b386-6000-7abc-8123-456789abcdef""#, "2025100508"),
            (#""id":"0199b386-6000-4abc-8123-456789abcdef","ts":1759900000000"#, "2025100805"),
            (#""id":"0199b386-6000-7abc-c123-456789abcdef","ts":1759900000000"#, "2025100805"),
            (#""id":"00000000-0001-7abc-8123-456789abcdef","ts":1759900000000"#, "2025100805"),
            (#""id":"ffffffff-ffff-7abc-8123-456789abcdef","ts":1"#, "2025100908"),
            (#""id":"x","ts":1759900000000.5"#, "2025100805"),
            (#""ts":1759395200200"#, "2025100208"),
            (#""ts":1759395200199"#, "2025100908"),
            (#""ts":1760604800200"#, "2025101608"),
            (#""ts":1760604800201"#, "2025100908"),
            (#""ts":1760054400000"#, "2025101000"),
            (#""ts":1760054399999"#, "2025100923"),
            ("\"x\":0", "2025100908"),
        ])
    func key(members: String, hour: String) throws {
        let outcome = try process(#"{"name":"a",\#(members)}"#)
        #expect(outcome.events.map { $0[string: "pk"] } == ["e#unknown#\(hour.prefix(8))#0"])
        #expect(outcome.rollups.map { $0[string: "pk"] } == ["r#unknown#\(hour)"])
    }

    @Test("An event sent twice, in two messages at two times, lands on the same key")
    func sentTwice() throws {
        let body = #"{"name":"a","id":"0199c820-0000-7abc-8123-456789abcdef","ts":1759999999000}"#
        let first = try process(body)
        let second = try process(message([body], at: received + 86_400_000, id: "another"))
        #expect(first.events.first?["pk"] == second.events.first?["pk"])
        #expect(first.events.first?["sk"] == second.events.first?["sk"])
    }

    @Test("ttl is arrival plus retention for events and quarantine, end of the hour plus retention for rollups")
    func timeToLive() throws {
        let kept = try process(#"{"events":[{"name":"a","ts":1759900000000},1]}"#, retention: .seconds(100))
        #expect(kept.events.first?[number: "ttl"] == "1760000100")
        #expect(kept.quarantine.first?[number: "ttl"] == "1760000100")
        // 2025-10-08T05:06:40Z: the hour ends at 06:00:00Z, 1759903200.
        #expect(kept.rollups.first?[number: "ttl"] == "1759903300")
        let forever = try process(#"{"events":[{"name":"a"},1]}"#)
        for item in forever.events + forever.rollups + forever.quarantine { #expect(item["ttl"] == nil) }
    }

    @Test("Arrivals at the ends of what a key can say", arguments: [0, 1, 253_401_695_999_999])
    func arrivals(at: Int64) throws {
        let outcome = try process(message([#"{"name":"a","ts":\#(at + 604_800_000)}"#, #"{"name":"b"}"#], at: at))
        #expect(outcome.counts == [2, 0, 0])
        for event in outcome.events { #expect(event[string: "pk"]?.utf8.count == "e#unknown#00000000#0".utf8.count) }
    }
}
