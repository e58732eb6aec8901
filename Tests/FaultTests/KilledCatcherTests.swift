import Testing

@testable import Demo

extension FaultTests {
    @Suite(.serialized) struct KilledCatcherTests {
        private let rounds = EveryFault.rounds

        @Test("A catcher killed with -9 under load and every fault: each beacon that was answered with 200 arrives")
        func killedCatcher() async throws {
            try await SimulatedAWS.run("killed-catcher") { aws in
                try await Stage.run("faulty-catcher", awsPort: aws.port) { stage in
                    let load = try await kill(stage, []) { _ in
                        try await aws.set(EveryFault.atFivePercent, seed: 6)
                    }
                    try await aws.set([], seed: 0)
                    try await expectArrival(load, stage)
                }
            }
        }

        @Test(
            "With a spool, a catcher killed with -9 while SQS fails and while it does not: what was answered with 200 arrives"
        )
        func killedCatcherWithSpool() async throws {
            try await SimulatedAWS.run("killed-spool") { aws in
                try await Stage.run("spooling-catcher", awsPort: aws.port) { stage in
                    let spool = try Built.logFolder("spooling-catcher/spool-\(Built.freePort())")
                    let load = try await kill(stage, ["--spool", spool, "--spool-after", "200ms"]) { round in
                        let outage = #"{"kind":"error","probability":1,"operations":["SendMessageBatch"]}"#
                        try await aws.set(round % 2 == 0 ? [outage] : EveryFault.atFivePercent, seed: 7)
                    }
                    try await aws.set([], seed: 0)
                    try await expectArrival(load, stage)
                }
            }
        }

        /// Posts a sample to a catcher that is killed again and again.
        ///
        /// - Parameters:
        ///   - stage: The catcher's.
        ///   - options: The catcher's.
        ///   - prepare: Called before each round, with its number.
        /// - Returns: The sample, acknowledged by the last catcher, which runs on.
        /// - Throws: ``Obstacle`` where a step is not reached in time.
        private func kill(
            _ stage: Stage, _ options: [String], _ prepare: (Int) async throws -> Void
        ) async throws -> Load {
            let options = ["--max-message-bytes", "4096", "--linger", "20ms", "--ack-timeout", "2s"] + options
            var catcher = try stage.startCatcher(options)
            try await catcher.ready()
            let load = try Load(250 * (rounds + 1), seed: 6, rate: 400, on: stage)
            async let running = load.run()
            var random = SeededRandom(seed: 6)
            var acknowledged = 0
            for round in 0..<rounds {
                try await prepare(round)
                acknowledged = load.acknowledged.count + random.number(20...200)
                try await load.reaches(acknowledged)
                try await catcher.kill()
                catcher = try stage.startCatcher(options)
            }
            try await prepare(rounds)
            _ = await running
            return load
        }

        private func expectArrival(_ load: Load, _ stage: Stage) async throws {
            let worker = try stage.startWorker()
            try await worker.ready()
            // What was under way when the catcher died is sent, and counted, twice.
            try await stage.expectStored(load.sample, load.acknowledged, isCountExact: false)
        }
    }
}
