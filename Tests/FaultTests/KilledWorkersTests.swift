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
                    let sent = try await stage.fillQueue(1000 + 150 * rounds, seed: 5)
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
                    try await stage.untilStored(sent, in: aws)
                    let happened = try await aws.happened()
                    #expect(happened.values.reduce(0, +) > rounds, "there were faults: \(happened)")
                    try await aws.set([], seed: 0)
                    try await stage.expectOnce(sent, in: aws)
                    for worker in workers { #expect(worker.process.exitStatus == nil, "it lives") }
                }
            }
        }
    }
}

/// What the product lives through, one test after the other.
@Suite(.serialized) enum FaultTests {}
