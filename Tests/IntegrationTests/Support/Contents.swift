import AWSCore
import Beacons
import Testing

@testable import Demo

/// Everything that the table holds of some maps.
struct Contents: Sendable {
    var events: [StoredEvent] = []
    var rollups: [StoredRollup] = []

    /// The sum of the rollups.
    var counted: Int { rollups.map(\.figures.events).reduce(0, +) }
}

extension Stage {
    /// Reads events and rollups whole.
    func contents(of maps: [String], _ hours: HourRange) async throws -> Contents {
        var contents = Contents()
        for map in maps {
            for day in hours.days {
                try await items("e#\(map)#\(day)#0") { contents.events.append(try StoredEvent(item: $0)) }
            }
            for hour in hours.hours {
                try await items("r#\(map)#\(hour)") { contents.rollups.append(try StoredRollup(item: $0)) }
            }
        }
        return contents
    }

    /// Reads what was refused on a day.
    func quarantine(of moment: Timestamp = .now()) async throws -> [StoredQuarantine] {
        var stored: [StoredQuarantine] = []
        // A test that runs over midnight finds its items on either day.
        for day in HourRange(from: moment + .seconds(-3600), through: moment).days {
            try await items("q#\(day)") { stored.append(try StoredQuarantine(item: $0)) }
        }
        return stored
    }

    func items(_ partition: String, _ body: ([String: AttributeValue]) throws -> Void) async throws {
        var query = DynamoDBQuery(table: name, keyCondition: "pk = :pk", values: [":pk": .string(partition)])
        query.consistentRead = true
        try await stored.client.queryAll(query, body)
    }

    /// Waits until the events of a sample are stored and the queue is empty; then checks that each is stored once and
    /// no other, that rollups count each once, and that no message is with the dead letters.
    ///
    /// - Parameters:
    ///   - sample: What the beacons were made from.
    ///   - sent: The beacons that were acknowledged.
    ///   - isCountExact: Whether no beacon was sent twice: then the rollups' sum is that of the events.
    /// - Throws: ``Obstacle`` where it does not come to that in time.
    func expectStored(_ sample: Sample, _ sent: [SampleBeacon], isCountExact: Bool = true) async throws {
        let expected = Dictionary(grouping: sent, by: \.mapID).mapValues { Set($0.flatMap(\.eventIDs)) }
        let maps = expected.keys.sorted()
        let hours = HourRange(from: sample.end + .seconds(-sample.span.components.seconds), through: .now())
        try await eventually("the sample is stored") {
            let missing = try await stored.read(maps: maps, hours: hours)
                .map { (expected[$0.map] ?? []).subtracting($0.eventKeys).count }.reduce(0, +)
            return missing == 0 ? nil : "\(missing) events are missing"
        }
        try await untilQueueIsEmpty()
        let contents = try await contents(of: maps, hours)
        let ids = contents.events.map(\.key)
        let sentIDs = expected.values.reduce(into: Set()) { $0.formUnion($1) }
        #expect(ids.count == sentIDs.count, "each event is one item")
        #expect(Set(ids) == sentIDs)
        #expect(contents.events.allSatisfy { expected[$0.mapID]?.contains($0.key) == true }, "each under its map")
        if isCountExact {
            #expect(contents.counted == sentIDs.count)
        } else {
            #expect(contents.counted >= sentIDs.count)
        }
        #expect(try await quarantine().isEmpty)
        #expect(try await depth("-dead").isEmpty)
    }
}
