import AWSCore
import Testing

@testable import Demo

extension ProductTests {
    @Suite(.serialized) struct AbsentDependencyTests {
        private let beacon = Array(#"{"name":"map.load","map_id":"stores"}"#.utf8)

        @Test("Catcher and worker started before queue and table exist wait, say so, and work once they are made")
        func beforeSetup() async throws {
            try await Stage.run("before-setup", isSetUp: false) { stage in
                let catcher = try stage.startCatcher()
                let worker = try stage.startWorker()
                try await expectCutOff(catcher, because: "queue before-setup does not exist")
                try await expectCutOff(worker, because: "queue before-setup does not exist")
                try await expectCutOff(worker, because: "table before-setup does not exist")
                try await expectUnavailable(stage)
                try await stage.setUp()
                try await expectRecovery(stage, catcher, worker)
            }
        }

        @Test("Catcher and worker started while AWS is unreachable wait, say so, and work once it answers")
        func unreachable() async throws {
            try await Stage.run("unreachable", awsPort: try Built.freePort(), isSetUp: false) { stage in
                let catcher = try stage.startCatcher()
                let worker = try stage.startWorker()
                try await expectCutOff(catcher, because: "queue unreachable is unreachable")
                try await expectCutOff(worker, because: "queue unreachable is unreachable")
                try await expectUnavailable(stage)
                try await stage.startMinistack()
                try await stage.setUp()
                try await expectRecovery(stage, catcher, worker)
            }
        }

        private func expectCutOff(_ server: Server, because reason: String) async throws {
            try await eventually("\(server.process.name) says: \(reason)") {
                if let status = server.process.exitStatus { throw Obstacle("it ended with status \(status)") }
                let (status, text) = await server.readiness()
                return status == 503 && text.contains(reason) ? nil : "\(status) \(text)"
            }
        }

        private func expectUnavailable(_ stage: Stage) async throws {
            let answer = try await stage.post(beacon)
            #expect(answer.status == 503)
            #expect(answer[header: "retry-after"].flatMap { Int($0) } ?? 0 > 0)
            #expect(String(decoding: answer.body, as: UTF8.self).contains(#""error":"unavailable""#))
        }

        private func expectRecovery(_ stage: Stage, _ catcher: Server, _ worker: Server) async throws {
            try await catcher.ready()
            try await worker.ready()
            #expect(try await stage.post(beacon).status == 200)
            let hours = HourRange(from: .now() + .seconds(-60), through: .now())
            let event = try await stage.onlyItem(hours.days.map { "e#stores#\($0)#0" })
            #expect(event["name"] == .string("map.load"))
            try await stage.untilQueueIsEmpty()
        }
    }
}
