import AWSCore
import Beacons
import Testing

@testable import Demo

struct SampleTests {
    private let end = Timestamp(milliseconds: 1_760_000_000_000)

    private func beacons(_ count: Int = 2000, seed: UInt64 = 1, end: Timestamp? = nil) -> [SampleBeacon] {
        Array(Sample(count: count, seed: seed, end: end ?? self.end))
    }

    /// The items that the worker makes of the sample, in messages of so many beacons.
    private func items(_ beacons: [SampleBeacon], aMessage size: Int = 50) throws -> [Item] {
        let processor = MessageProcessor(layout: .events, retention: .seconds(86_400))
        var ids = UUIDv7Generator()
        var items: [Item] = []
        for start in stride(from: 0, to: beacons.count, by: size) {
            var body: [UInt8] = []
            EnvelopeWriter.open(id: ids.next(at: end), to: &body)
            for (position, beacon) in beacons[start..<min(start + size, beacons.count)].enumerated() {
                if position > 0 { EnvelopeWriter.separate(&body) }
                EnvelopeWriter.appendEntryHead(at: end, to: &body)
                body += beacon.body
                EnvelopeWriter.closeEntry(&body)
            }
            EnvelopeWriter.close(&body)
            guard case .items(let message) = processor.process(body: body, messageId: "m", sentTimestamp: end, from: 0)
            else {
                Issue.record("the message is of an unknown version")
                continue
            }
            items += message.items
        }
        return items
    }

    @Test("A seed and an end make the same beacons each time; another seed makes others")
    func deterministic() {
        #expect(beacons() == beacons())
        #expect(beacons(seed: 1) != beacons(seed: 2))
        #expect(beacons().count == 2000)
        #expect(beacons(0).isEmpty)
    }

    @Test("Another start changes the times alone")
    func otherStart() {
        let later = beacons(200, end: end + .seconds(5 * 86_400))
        for (one, other) in zip(beacons(200), later) {
            #expect(one.mapID == other.mapID)
            #expect(one.eventIDs.count == other.eventIDs.count)
            // A UUIDv7's first 48 bits are its time, the last 64 random.
            #expect(one.eventIDs.map { $0.suffix(17) } == other.eventIDs.map { $0.suffix(17) })
            #expect(Set(one.eventIDs).isDisjoint(with: other.eventIDs))
        }
    }

    @Test("The worker refuses none of it, and keys every event by its id, on the map and within the hours")
    func processed() throws {
        let beacons = beacons()
        let items = try items(beacons)
        #expect(items.count { $0.kind == .quarantine } == 0)
        let events = items.filter { $0.kind == .event }
        let ids = beacons.flatMap(\.eventIDs)
        #expect(Set(ids).count == ids.count)
        #expect(Set(events.map(\.sortKey)) == Set(ids))
        let hours = HourRange(from: end + .seconds(-3 * 3600), through: end)
        let eventPartitions = Set(SampleMap.all.flatMap { map in hours.days.map { "e#\(map.id)#\($0)#0" } })
        let rollupPartitions = Set(SampleMap.all.flatMap { map in hours.hours.map { "r#\(map.id)#\($0)" } })
        #expect(Set(events.map(\.partitionKey)).isSubset(of: eventPartitions))
        #expect(Set(items.filter { $0.kind == .rollup }.map(\.partitionKey)).isSubset(of: rollupPartitions))
    }

    @Test("It is what twenty maps' visitors do: each map, each kind of event, several events in some beacons")
    func realistic() throws {
        let beacons = beacons()
        #expect(Set(beacons.map(\.mapID)) == Set(SampleMap.all.map(\.id)))
        #expect(Set(SampleMap.all.map(\.id)).count == 20)
        #expect(Set(beacons.map(\.eventIDs.count)) == [1, 2, 3, 4])
        let text = beacons.map { String(decoding: $0.body, as: UTF8.self) }.joined()
        for name in [
            "map.load", "map.moveend", "map.click", "feature.click", "layer.show", "layer.hide", "map.engagement",
            "map.remove",
        ] {
            #expect(text.contains("\"name\":\"\(name)\""))
        }
    }

    @Test(
        "Numbers are written as JavaScript prints them",
        arguments: [
            (0, 5, "0"), (-122.75, 5, "-122.75"), (0.000004, 5, "0"), (-0.05, 1, "-0.1"), (11.4, 2, "11.4"),
            (53.91, 5, "53.91"), (100, 1, "100"), (0.05, 2, "0.05"), (-0.001, 2, "0"),
        ] as [(Double, Int, String)])
    func decimals(value: Double, decimals: Int, text: String) {
        #expect(decimal(value, decimals) == text)
    }

    @Test("Panning beyond the antimeridian wraps the centre")
    func wraps() {
        var view = MapView(center: Coordinate(lng: 179.9, lat: 0), zoom: 4, width: 1024, height: 512)
        view.pan(x: 1, y: 0)
        #expect(view.center.lng < 0 && view.center.lng >= -180)
    }
}
