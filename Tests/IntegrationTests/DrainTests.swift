import Testing

@testable import Demo

extension ProductTests {
    @Suite(.serialized) struct DrainTests {
        @Test("SIGTERM ends a working worker and a working catcher with status 0; nothing is lost or left hidden")
        func drain() async throws {
            try await Stage.run("drain") { stage in
                let options = ["--max-message-bytes", "4096", "--linger", "20ms", "--ack-timeout", "60s"]
                var catcher = try stage.startCatcher(options)
                var worker = try stage.startWorker()
                try await catcher.ready()
                try await worker.ready()
                let load = try Load(1200, seed: 3, rate: 300, on: stage)
                async let running = load.run()

                try await load.reaches(200)
                #expect(try await worker.terminate() == 0)
                // The queue's own visibility is 60 s: hidden now would mean left hidden.
                #expect(try await stage.depth().hidden == 0)

                try await load.reaches(400)
                #expect(try await catcher.terminate() == 0)
                catcher = try stage.startCatcher(options)
                worker = try stage.startWorker()

                try await load.reaches(800)
                let servers = [catcher, worker]
                let statuses = try await withThrowingTaskGroup { group in
                    for server in servers { group.addTask { try await server.terminate() } }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(statuses == [0, 0])
                #expect(try await stage.depth().hidden == 0)
                catcher = try stage.startCatcher(options)
                worker = try stage.startWorker()

                _ = await running
                // A connection that a drain closes may have carried a request that is sent again.
                try await stage.expectStored(load.sample, load.acknowledged, isCountExact: false)
                #expect(try await worker.terminate() == 0)
                #expect(try await catcher.terminate() == 0)
            }
        }
    }
}
