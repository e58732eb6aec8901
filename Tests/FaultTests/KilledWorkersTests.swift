import Testing

@testable import Demo

extension FaultTests {
    @Suite(.serialized) struct KilledWorkersTests {
        private let rounds = EveryFault.rounds

        @Test(
            "Random workers of four killed with -9 under every fault: every event stored and counted once, same bytes")
        func killedWorkers() async throws {
            try await SimulatedAWS.run("killed-workers") { aws in
                try await Stage.run("killed-workers", awsPort: aws.port) { stage in
                    try await stage.setVisibility(seconds: 3)
                    let sent = try await backlog(stage)
                    try await aws.set(EveryFault.atFivePercent, seed: 5)

                    var workers = try (0..<4).map { _ in try stage.startWorker() }
                    var random = SeededRandom(seed: 5)
                    var writes = 0
                    for _ in 0..<rounds {
                        writes += random.number(5...60)
                        let awaited = writes
                        try await eventually("\(awaited) calls have come to the table") {
                            let count = try await aws.requests("BatchWriteItem")
                            return count >= awaited ? nil : "\(count) have"
                        }
                        let victim = random.number(0...3)
                        try await workers[victim].kill()
                        workers[victim] = try stage.startWorker()
                    }
                    try await expectOnce(sent, aws, stage)
                    for worker in workers { #expect(worker.process.exitStatus == nil, "it lives") }
                }
            }
        }

        /// Fills the queue with a sample, in many small messages, before misfortune sets in.
        private func backlog(_ stage: Stage) async throws -> [SampleBeacon] {
            let catcher = try stage.startCatcher(
                ["--max-message-bytes", "4096", "--linger", "20ms", "--ack-timeout", "60s"])
            try await catcher.ready()
            let load = try Load(400 * rounds, seed: 5, on: stage)
            #expect(await load.run().retries == 0)
            #expect(try await catcher.terminate() == 0)
            return load.acknowledged
        }

        private func expectOnce(_ sent: [SampleBeacon], _ aws: SimulatedAWS, _ stage: Stage) async throws {
            let events = Set(sent.flatMap { beacon in beacon.eventIDs.map { "\(beacon.mapID)/\($0)" } })
            try await eventually("every event is stored", within: .seconds(300)) {
                let stored = try await aws.items(stage.name).count { $0.partitionKey.hasPrefix("e#") }
                return stored >= events.count ? nil : "\(stored) of \(events.count) are"
            }
            let happened = try await aws.happened()
            #expect(happened.values.reduce(0, +) > rounds, "there were faults: \(happened)")
            try await aws.set([], seed: 0)
            try await stage.untilQueueIsEmpty()

            let items = try await aws.items(stage.name)
            let stored = items.filter { $0.partitionKey.hasPrefix("e#") }
                .map { "\($0.partitionKey.split(separator: "#")[1])/\($0.sortKey)" }
            #expect(stored.count == events.count, "each event is one item")
            #expect(Set(stored) == events)
            #expect(items.compactMap(\.events).reduce(0, +) == events.count, "the rollups' sum")
            #expect(items.allSatisfy { $0.changes == 0 }, "no item was rewritten with other bytes")
            #expect(!items.contains { $0.partitionKey.hasPrefix("q#") })
            #expect(try await stage.depth("-dead").isEmpty)
        }
    }
}

/// What the product lives through, one test after the other.
@Suite(.serialized) enum FaultTests {}
