import AWSCore
import Foundation
import Testing

@testable import Demo

extension ProductTests {
    /// `catcher doctor` and `worker doctor` as a person or a script runs them.
    @Suite(.serialized) struct DoctorTests {
        @Test(
            "Where all is there it says where everything comes from and ends with 0", arguments: ["catcher", "worker"])
        func healthy(executable: String) async throws {
            try await Stage.run("doctor-\(executable)") { stage in
                let visit = try await Doctor(stage, executable).visit()
                #expect(visit.status == 0, "\(visit.output)")
                let states = try visit.states()
                #expect(states["region"] == "good" && states["credentials"] == "good")
                #expect(states["queue doctor-\(executable)"] == "good")
                #expect(states["table doctor-\(executable)"] == (executable == "worker" ? "good" : nil))
                #expect(visit.output.contains("from AWS_REGION") && visit.output.contains("…test"))
                let text = try await Doctor(stage, executable, options: []).visit()
                #expect(text.status == 0 && text.output.hasSuffix("It could run."))
                #expect(try await stage.depth().isEmpty, "it puts nothing on the queue")
            }
        }

        @Test(
            "It tells what is missing, out of reach or refused, and ends with the contract's status",
            arguments: ["catcher", "worker"])
        func ill(executable: String) async throws {
            try await Stage.run("doctor-ill-\(executable)", isSetUp: false) { stage in
                let missing = try await Doctor(stage, executable).visit()
                #expect(missing.status == 69, "\(missing.output)")
                #expect(try missing.states()["queue \(stage.name)"] == "bad")
                #expect(missing.output.contains("worker setup"))

                let nowhere = try Built.freePort()
                let unreachable = try await Doctor(
                    stage, executable, ["AWS_ENDPOINT_URL": "http://127.0.0.1:\(nowhere)"]
                ).visit()
                #expect(unreachable.status == 69, "\(unreachable.output)")
                #expect(try unreachable.states()["endpoint of sqs"] == "bad")

                let none = try await Doctor(
                    stage, executable, ["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""]
                ).visit()
                #expect(none.status == 77, "\(none.output)")
                #expect(try none.states()["credentials"] == "refused")

                let regionless = try await Doctor(stage, executable, ["AWS_REGION": ""]).visit()
                #expect(regionless.status == 69, "\(regionless.output)")
                #expect(try regionless.states()["region"] == "bad")
                #expect(try await Doctor(stage, executable, options: ["--queue"]).visit().status == 64)
            }
        }

        @Test("The catcher's tells whether its spool and its keys can be used, beside a catcher that uses them")
        func ownMachine() async throws {
            try await Stage.run("doctor-own") { stage in
                let folder = try Built.logFolder("doctor-own-files")
                let (spool, keys) = ("\(folder)/spool", "\(folder)/keys.json")
                try #"{"a":{"project":"p"}}"#.write(toFile: keys, atomically: true, encoding: .utf8)
                let options = ["--spool", spool, "--write-keys", keys]
                let catcher = try stage.startCatcher(options)
                try await catcher.ready()
                let good = try await Doctor(stage, "catcher", options: ["--json"] + options).visit()
                #expect(good.status == 0, "\(good.output)")
                #expect(try good.states()["spool \(spool)"] == "good")
                #expect(try good.states()["write keys \(keys)"] == "good")
                #expect(try await stage.post(Array("{}".utf8)).status == 401, "the catcher is none the worse")

                let missing = try await Doctor(
                    stage, "catcher", options: ["--json", "--spool", keys, "--write-keys", "\(keys).no"]
                ).visit()
                #expect(missing.status == 69, "\(missing.output)")
                #expect(try missing.states()["spool \(keys)"] == "bad")
                #expect(try missing.states()["write keys \(keys).no"] == "bad")
            }
        }

        @Test("Credentials that AWS does not know are refused, and their secret is not shown")
        func wrongCredentials() async throws {
            try await Stage.run("doctor-wrong", isSetUp: false) { stage in
                let port = try Built.freePort()
                let simulator = try stage.startTool(
                    "simulator", [try Built.executable("simulator"), "--listen", "127.0.0.1:\(port)"],
                    environment: stage.environment)
                let endpoint = "http://127.0.0.1:\(port)"
                try await eventually("the simulator listens") {
                    let request = HTTPRequest(method: "GET", url: "\(endpoint)/_simulator/meter")
                    return (try? await stage.transport.send(request).status) == 200 ? nil : simulator.lastLines()
                }
                let right = try await Doctor(stage, "worker", ["AWS_ENDPOINT_URL": endpoint]).visit()
                #expect(
                    right.status == 69 && right.output.contains("arn:aws:iam::000000000000:root"), "\(right.output)")
                for executable in ["catcher", "worker"] {
                    let settings = ["AWS_ENDPOINT_URL": endpoint, "AWS_SECRET_ACCESS_KEY": "not-the-secret"]
                    let wrong = try await Doctor(stage, executable, settings).visit()
                    #expect(wrong.status == 77, "\(wrong.output)")
                    #expect(try wrong.states()["queue \(stage.name)"] == "refused")
                    #expect(!wrong.output.contains("not-the-secret"))
                }
            }
        }
    }
}

/// A run of `doctor`.
private struct Doctor {
    let stage: Stage
    let command: [String]
    let environment: [String: String]

    init(
        _ stage: Stage, _ executable: String, _ changes: [String: String] = [:], options: [String] = ["--json"]
    ) throws {
        self.stage = stage
        let table = executable == "worker" ? ["--table", stage.name] : []
        command = [try Built.executable(executable), "doctor", "--queue", stage.name] + table + options
        environment = stage.environment.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }.merging(changes) { $1 }
    }

    struct Visit {
        let status: Int32
        let output: String

        /// The findings' states by subject.
        func states() throws -> [String: String] {
            try JSONParser().parse(Array(output.utf8)) { root in
                var states: [String: String] = [:]
                guard let findings = root["findings"] else { throw Obstacle("no report: \(output)") }
                for finding in findings.elements {
                    states[finding["subject"]?.string ?? ""] = finding["state"]?.string
                }
                return states
            }
        }
    }

    func visit() async throws -> Visit {
        let process = try stage.startTool("doctor", command, environment: environment)
        let status = await process.exited()
        return Visit(status: status, output: process.lastLines(100))
    }
}
