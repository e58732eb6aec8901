import Testing

@testable import Demo

extension FaultTests {
    @Suite(.serialized) struct DrainedWorkerTests {
        @Test("SIGTERM at random moments: the worker ends with status 0, and leaves no message hidden")
        func drains() async throws {
            try await SimulatedAWS.run("drained-worker") { aws in
                try await Stage.run("drained-worker", awsPort: aws.port) { stage in
                    let sent = try await stage.fillQueue(1000 * EveryFault.rounds, seed: 8)
                    // Slow enough that there is work at every stage whenever the signal comes.
                    try await aws.set([#"{"kind":"latency","latency_ms":30}"#], seed: 8)
                    var random = SeededRandom(seed: 8)
                    for _ in 0..<EveryFault.rounds {
                        let worker = try stage.startWorker()
                        let calls = try await aws.requests("BatchWriteItem") + random.number(1...20)
                        try await eventually("\(calls) calls have come to the table") {
                            let count = try await aws.requests("BatchWriteItem")
                            return count >= calls ? nil : "\(count) have"
                        }
                        #expect(try await worker.terminate() == 0)
                        // The queue's own visibility is 60 s: hidden now would mean left hidden.
                        #expect(try await stage.depth().hidden == 0)
                    }
                    #expect(try await !stage.depth().isEmpty, "the last signal too came in the middle of the work")
                    try await aws.set([], seed: 0)
                    _ = try stage.startWorker()
                    try await stage.untilStored(sent, in: aws)
                    try await stage.expectOnce(sent, in: aws)
                    #expect(try await aws.items(stage.name).allSatisfy { $0.writes == 1 }, "nothing was worked twice")
                }
            }
        }

        @Test("While the table throttles, messages stay in hand far beyond their visibility, and are worked once")
        func slowStore() async throws {
            try await SimulatedAWS.run("slow-store") { aws in
                try await Stage.run("slow-store", awsPort: aws.port) { stage in
                    try await stage.setVisibility(seconds: 2)
                    let sent = try await stage.fillQueue(30, seed: 9)
                    let messages = try await stage.depth().visible
                    try await aws.set(
                        [#"{"kind":"throttle","probability":1,"operations":["BatchWriteItem"]}"#], seed: 9)
                    let worker = try stage.startWorker(["--workers", "64"])
                    // Each time, half of the visibility has passed; after eight times, four times all of it.
                    try await eventually("the visibility is extended again and again") {
                        let count = try await aws.requests("ChangeMessageVisibilityBatch")
                        return count >= 8 * (messages + 9) / 10 ? nil : "\(count) times"
                    }
                    try await aws.set([], seed: 0)
                    try await stage.untilStored(sent, in: aws)
                    try await stage.expectOnce(sent, in: aws)
                    #expect(try await aws.items(stage.name).allSatisfy { $0.writes == 1 })
                    #expect(await worker.metric("worker_messages_total{outcome=\"done\"}") == Double(messages))
                }
            }
        }

        @Test(
            "A worker that stands still for longer than the visibility is overtaken by another, and does no harm later")
        func stalled() async throws {
            try await SimulatedAWS.run("stalled-worker") { aws in
                try await Stage.run("stalled-worker", awsPort: aws.port) { stage in
                    try await stage.setVisibility(seconds: 2)
                    let sent = try await stage.fillQueue(300, seed: 10)
                    try await aws.set([#"{"kind":"latency","latency_ms":100}"#], seed: 10)
                    let stalled = try stage.startWorker()
                    try await eventually("it works") {
                        try await aws.requests("BatchWriteItem") >= 3 ? nil : "no call has come to the table"
                    }
                    try await stalled.pause()
                    let other = try stage.startWorker()
                    try await stage.untilStored(sent, in: aws)
                    try await stage.untilQueueIsEmpty()
                    try await stalled.resume()
                    // It finishes what it has in hand: writes what is written, deletes what is deleted.
                    #expect(try await stalled.terminate() == 0)
                    try await stage.expectOnce(sent, in: aws)
                    #expect(try await other.terminate() == 0)
                }
            }
        }
    }
}
