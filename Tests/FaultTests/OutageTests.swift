import AWSCore
import Operations
import Testing

@testable import Demo

extension FaultTests {
    @Suite(.serialized) struct OutageTests {
        /// How SQS goes away.
        enum Outage: String, CaseIterable, Sendable {
            /// Every connection is closed without an answer.
            case down
            /// Connections open, and nothing is ever answered.
            case blackHole
        }

        /// Few, so that the tests take seconds, or as the environment says.
        private static func setting(_ name: String, _ standard: Int) -> Int {
            ProcessEnvironment.all()[name].flatMap { Int($0) } ?? standard
        }
        private let rate = setting("BEACON_OUTAGE_RATE", 200)
        private let seconds = setting("BEACON_OUTAGE_SECONDS", 5)
        /// What a process may have in memory, however long the outage.
        private let memory = 128.0 * 1024 * 1024

        @Test(
            "With a spool the catcher takes every beacon in an outage, after kill -9 too, and delivers each later",
            arguments: Outage.allCases)
        func spool(_ outage: Outage) async throws {
            let name = "outage-\(outage)-spool"
            try await SimulatedAWS.run(name) { aws in
                try await Stage.run(name, awsPort: aws.port) { stage in
                    let folder = try Built.logFolder("\(name)/spool-\(Built.freePort())")
                    let options = ["--spool", folder, "--spool-after", "200ms"]
                    var catcher = try stage.startCatcher(options)
                    try await catcher.ready()
                    try await begin(outage, aws)

                    let load = try Load(rate * seconds, seed: 11, rate: rate, on: stage)
                    async let running = load.run()
                    try await load.reaches(rate * seconds / 2)
                    #expect(await catcher.readiness().status == 200, "it can acknowledge")
                    try await catcher.kill()
                    catcher = try stage.startCatcher(options)
                    _ = await running
                    #expect(await catcher.metric("process_resident_memory_bytes") < memory)

                    try await end(outage, aws)
                    _ = try stage.startWorker()
                    try await stage.expectStored(load.sample, load.acknowledged, isCountExact: false)
                    try await eventually("the spool is empty") {
                        let bytes = await catcher.metric("catcher_spool_bytes")
                        return bytes == 0 ? nil : "it holds \(bytes) bytes"
                    }
                }
            }
        }

        @Test(
            "Without a spool the catcher answers 503 in an outage, and takes beacons again after it",
            arguments: Outage.allCases)
        func noSpool(_ outage: Outage) async throws {
            let name = "outage-\(outage)"
            try await SimulatedAWS.run(name) { aws in
                try await Stage.run(name, awsPort: aws.port) { stage in
                    let catcher = try stage.startCatcher(["--ack-timeout", "1s"])
                    try await catcher.ready()
                    try await begin(outage, aws)
                    let answers = try await withThrowingTaskGroup { group in
                        for _ in 0..<50 {
                            group.addTask { try await stage.post(Array(#"{"name":"a","map_id":"refused"}"#.utf8)) }
                        }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    for answer in answers {
                        #expect(answer.status == 503)
                        #expect(answer[header: "retry-after"].flatMap { Int($0) } ?? 0 > 0)
                    }
                    try await eventually("readiness shows it") {
                        let (status, text) = await catcher.readiness()
                        return status == 503 && text.contains("queue") ? nil : "\(status) \(text)"
                    }

                    // Those that come in the outage are sent again until they are taken.
                    let load = try Load(rate * seconds, seed: 13, rate: rate, on: stage)
                    async let running = load.run()
                    try await eventually("beacons of the load are refused") {
                        let count = await catcher.metric("catcher_beacons_total{outcome=\"unavailable\"}")
                        return count >= 100 ? nil : "\(count) are"
                    }
                    #expect(await catcher.metric("process_resident_memory_bytes") < memory)
                    try await end(outage, aws)
                    _ = await running
                    try await catcher.ready()
                    _ = try stage.startWorker()
                    try await stage.expectStored(load.sample, load.acknowledged, isCountExact: false)
                }
            }
        }

        private func begin(_ outage: Outage, _ aws: SimulatedAWS) async throws {
            switch outage {
            case .down: try await aws.set([#"{"kind":"dropBefore"}"#], seed: 11)
            case .blackHole: try await aws.server.pause()
            }
        }

        private func end(_ outage: Outage, _ aws: SimulatedAWS) async throws {
            switch outage {
            case .down: try await aws.set([], seed: 0)
            case .blackHole: try await aws.server.resume()
            }
        }
    }
}
