import Testing

@testable import Demo

extension ProductTests {
    @Suite(.serialized) struct KilledWorkerTests {
        @Test(
            "A worker killed with -9 again and again in the middle of a sample: every event is stored and counted once")
        func killedWorker() async throws {
            try await Stage.run("killed-worker") { stage in
                // What a dead worker had in hand comes back after that.
                try await stage.setVisibility(seconds: 2)
                // Many small messages, so that each kill meets several at every stage.
                let catcher = try stage.startCatcher(
                    ["--max-message-bytes", "4096", "--linger", "20ms", "--ack-timeout", "60s"])
                try await catcher.ready()
                let load = try Load(1500, seed: 2, rate: 400, on: stage)
                async let running = load.run()
                var random = SeededRandom(seed: 2)
                for _ in 0..<5 {
                    let worker = try stage.startWorker()
                    let written = Double(random.number(1...400))
                    try await eventually("the worker has written \(written) items") {
                        let count = await worker.metric("worker_items_total{outcome=\"written\"}")
                        return count >= written ? nil : "it has written \(count)"
                    }
                    try await worker.kill()
                }
                _ = try stage.startWorker()
                let report = await running
                #expect(report.retries == 0, "\(report.firstTrouble ?? "")")
                try await stage.expectStored(load.sample, load.acknowledged)
            }
        }
    }
}
