import Testing

@testable import Demo

extension Stage {
    /// Fills the queue with a sample, in many small messages, while nothing is wrong.
    ///
    /// - Parameters:
    ///   - count: How many beacons.
    ///   - seed: Which sample.
    /// - Returns: The beacons, each on the queue once.
    /// - Throws: ``Obstacle`` where the catcher cannot be started.
    func fillQueue(_ count: Int, seed: UInt64) async throws -> [SampleBeacon] {
        let catcher = try startCatcher(["--max-message-bytes", "4096", "--linger", "20ms", "--ack-timeout", "60s"])
        try await catcher.ready()
        let load = try Load(count, seed: seed, on: self)
        #expect(await load.run().retries == 0)
        #expect(try await catcher.terminate() == 0)
        return load.acknowledged
    }

    /// Waits until there are as many events in the table as were sent, whatever else is going on.
    func untilStored(_ sent: [SampleBeacon], in aws: SimulatedAWS) async throws {
        let events = sent.map(\.eventIDs.count).reduce(0, +)
        try await eventually("every event is stored", within: .seconds(300)) {
            let stored = try await aws.events(in: name)
            return stored >= events ? nil : "\(stored) of \(events) are"
        }
    }

    /// Checks, once the queue is empty, that each event is stored and counted once, and that nothing was rewritten with
    /// other bytes, quarantined or given up.
    func expectOnce(_ sent: [SampleBeacon], in aws: SimulatedAWS) async throws {
        try await untilQueueIsEmpty()
        let events = Set(sent.flatMap { beacon in beacon.eventIDs.map { "\(beacon.mapID)/\($0)" } })
        let items = try await aws.items(name)
        let stored = items.filter { $0.partitionKey.hasPrefix("e#") }
            .map { "\($0.partitionKey.split(separator: "#")[1])/\($0.sortKey)" }
        #expect(stored.count == events.count, "each event is one item")
        #expect(Set(stored) == events)
        #expect(items.compactMap(\.events).reduce(0, +) == events.count, "the rollups' sum")
        #expect(items.allSatisfy { $0.changes == 0 }, "no item was rewritten with other bytes")
        #expect(!items.contains { $0.partitionKey.hasPrefix("q#") })
        #expect(try await depth("-dead").isEmpty)
    }
}
