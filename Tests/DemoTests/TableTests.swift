import AWSCore
import Testing

@testable import Demo

struct TableTests {
    private func content(_ map: String, _ keys: Set<String>, _ hours: [String: (Int, Int)]) -> StoredBeacons.MapContent
    {
        StoredBeacons.MapContent(
            map: map, eventKeys: keys,
            hours: hours.mapValues { StoredBeacons.Hour(events: $0.0, items: $0.1) })
    }

    @Test(
        "Hours and days are those between two moments, over midnight and the year's end",
        arguments: [
            ("2025-12-31", 1_767_221_999_999, 1_767_222_000_000, ["2025123122", "2025123123"], ["20251231"]),
            (
                "new year", 1_767_222_000_000, 1_767_225_600_000, ["2025123123", "2026010100"],
                ["20251231", "20260101"]
            ),
            ("one", 1_767_225_600_000, 1_767_225_600_001, ["2026010100"], ["20260101"]),
            ("backwards", 1_767_225_600_000, 0, ["2026010100"], ["20260101"]),
        ] as [(String, Int64, Int64, [String], [String])])
    func hours(name: String, start: Int64, end: Int64, hours: [String], days: [String]) {
        let range = HourRange(from: Timestamp(milliseconds: start), through: Timestamp(milliseconds: end))
        #expect(range.hours == hours)
        #expect(range.days == days)
    }

    @Test("The table shows events a map, rollups a map and hour, and the sums")
    func render() {
        let range = HourRange(
            from: Timestamp(seconds: 1_767_222_000), through: Timestamp(seconds: 1_767_229_200))
        let table = TextTable.contents(
            [
                content("stores", ["a", "b", "c"], ["2025123123": (1, 1), "2026010100": (2, 2)]),
                content("transit", [], [:]),
            ], hours: range)
        #expect(
            table.render() == """
                map      events  rollups  23:00 UTC  00:00 UTC
                ───────  ──────  ───────  ─────────  ─────────
                stores        3    3 (3)      1 (1)      2 (2)
                transit       0    0 (0)          –          –
                ───────  ──────  ───────  ─────────  ─────────
                all           3    3 (3)      1 (1)      2 (2)
                """)
    }

    @Test("An event counts as stored where its own map holds its id; a beacon where all of its events are")
    func stored() {
        let sent = [
            SentBeacon(mapID: "stores", eventIDs: ["a", "b"]), SentBeacon(mapID: "stores", eventIDs: ["c"]),
            SentBeacon(mapID: "transit", eventIDs: ["d"]),
        ]
        let whole = Stored(
            sent: sent, contents: [content("stores", ["a", "b", "c"], ["h": (3, 1)]), content("transit", ["d"], [:])])
        #expect(whole.isWhole)
        #expect(whole.lines[0] == "Stored: the events of 3 of 3 beacons (4 of 4 events, by their ids)")
        let partial = Stored(sent: sent, contents: [content("stores", ["a", "c", "d"], [:])])
        #expect(!partial.isWhole)
        #expect(partial.lines[0] == "Stored: the events of 1 of 3 beacons (2 of 4 events, by their ids)")
    }

    @Test("Progress is a line every fifth part, or a bar that ends its line when it is full")
    func progress() {
        let lines = Written()
        let plain = Progress("beacons", of: 2000, isBar: false, write: lines.take)
        for _ in 0..<2000 { plain.advance() }
        #expect(
            lines.all
                == [0, 400, 800, 1200, 1600, 2000].map {
                    "  \($0 == 0 ? "1" : grouped($0)) of 2,000 beacons\n"
                })
        let drawn = Written()
        let bar = Progress("beacons", of: 4, isBar: true, write: drawn.take)
        bar.reach(2)
        bar.reach(1)
        bar.reach(4)
        let half = String(repeating: "█", count: 15) + String(repeating: "░", count: 15)
        let full = String(repeating: "█", count: 30)
        #expect(drawn.all == ["\r  \(half) 2 of 4 beacons", "\r  \(full) 4 of 4 beacons\n"])
    }

    @Test("Numbers are grouped", arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
    func groups(number: Int, text: String) {
        #expect(grouped(number) == text)
    }
}
