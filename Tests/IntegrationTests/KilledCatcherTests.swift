import Testing

@testable import Demo

extension ProductTests {
    @Suite(.serialized) struct KilledCatcherTests {
        @Test("A catcher killed with -9 again and again under load: every beacon that was answered with 200 arrives")
        func killedCatcher() async throws {
            try await Stage.run("killed-catcher") { stage in
                let options = ["--max-message-bytes", "4096", "--linger", "20ms", "--ack-timeout", "60s"]
                let worker = try stage.startWorker()
                try await worker.ready()
                var catcher = try stage.startCatcher(options)
                try await catcher.ready()
                let load = try Load(1200, seed: 4, rate: 300, on: stage)
                async let running = load.run()
                var random = SeededRandom(seed: 4)
                var reached = 0
                for _ in 0..<5 {
                    reached += random.number(20...200)
                    try await load.reaches(reached)
                    try await catcher.kill()
                    catcher = try stage.startCatcher(options)
                }
                _ = await running
                // What was on the queue already when the catcher died before it could say so is sent, and counted, twice.
                try await stage.expectStored(load.sample, load.acknowledged, isCountExact: false)
            }
        }
    }
}
