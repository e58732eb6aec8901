import AWSCore
import Metrics
import MetricsTestKit
import Testing

@testable import Simulator

extension UnderFaults {
    @Suite("The fault table")
    struct FaultTableTests {
        @Test(
            "Each call ends, says what it did and no more, and as the table says",
            .timeLimit(.minutes(1)), arguments: FaultCase.all)
        func line(_ fault: FaultCase) async throws {
            let cells = try await withThrowingTaskGroup(of: (Subject, String).self) { group in
                for subject in Subject.allCases {
                    group.addTask { (subject, try await cell(fault, subject)) }
                }
                return try await group.reduce(into: [Subject: String]()) { $0[$1.0] = $1.1 }
            }
            let line = "| \(fault.name) | " + Subject.allCases.compactMap { cells[$0] }.joined(separator: " | ") + " |"
            print(line)
            #expect(try FaultTable.documented().contains(line), "docs/FAULTS.md lacks this line:\n\(line)")
        }

        @Test("The table has a line for each fault of the simulator, and no other")
        func complete() throws {
            #expect(Set(FaultCase.all.map(\.fault.kind)) == Set(Fault.Kind.allCases))
            let names = try FaultTable.documented().map { $0.split(separator: "|")[0].dropFirst().dropLast() }
            #expect(names == FaultCase.all.map { Substring($0.name) })
        }

        private func cell(_ fault: FaultCase, _ subject: Subject) async throws -> String {
            guard fault.applies(to: subject) else { return "–" }
            let bench = try await FaultBench(patience: fault.patience)
            do {
                let cell = try await cell(fault, subject, on: bench)
                try await bench.simulator.stop()
                return cell
            } catch {
                try await bench.simulator.stop()
                throw error
            }
        }

        private func cell(_ fault: FaultCase, _ subject: Subject, on bench: FaultBench) async throws -> String {
            let handles = try await bench.prepare(subject)
            bench.simulator.meter.reset()
            bench.simulator.faults.set([fault.fault])
            let metrics = TestMetrics()
            let reported = await withMetricsFactory(metrics) { await bench.call(subject, handles) }
            let happened = bench.simulator.faults.entries.map(\.happened)
            bench.simulator.faults.set([])
            let meter = bench.simulator.meter.snapshot()
            let held = try await bench.held(subject)
            let name = "\(fault.name), \(subject.operation.rawValue)"

            let isCounted = ![.duplicate, .reorder].contains(fault.fault.kind)
            #expect(!isCounted || happened[0] > 0, "\(name): the fault did not happen")
            audit(fault, subject, reported, held, name)

            let counts = try CallMetrics(metrics, of: subject)
            let outcome = reported.error == nil ? "ok" : "error"
            #expect(counts.calls == 1 && counts.outcome == outcome, "\(name): \(counts)")
            #expect(reported.error.map { $0.attempts == counts.attempts } ?? true, "\(name)")
            #expect(!fault.isMetered || meter.requests(of: subject.operation) == counts.attempts, "\(name)")
            #expect(await bench.works(), "\(name): the client does not recover")
            let copies = subject == .send && !held.isEmpty ? meter.messagesSent / held.count : 1
            return FaultTable.cell(subject, reported, held: held, copies: copies, counts)
        }

        /// Compares what the client says with what the simulator holds.
        private func audit(
            _ fault: FaultCase, _ subject: Subject, _ reported: Reported, _ held: Set<Int>, _ name: String
        ) {
            let all = Set(0..<subject.count)
            if subject == .receive {
                // Nothing is lost: what did not arrive stays on the queue and comes again.
                #expect(held == all, "\(name)")
                return
            }
            let failed = reported.failed.values.reduce(0, +)
            #expect(reported.error != nil || reported.done.count + failed == subject.count, "\(name): entries unsaid")
            // A queue may deliver a deleted message once more, which is no fault of the client's.
            guard fault.fault.kind != .duplicate else { return }
            #expect(reported.done.isSubset(of: held), "\(name): reported as done and not done")
            #expect(reported.done == held || fault.losesAnswers, "\(name): done and not reported")
        }
    }
}

/// What a call's metrics say.
struct CallMetrics {
    let calls: Int64
    let outcome: String
    let attempts: Int
    /// Why attempts were made again, in words, without repetition.
    let reasons: [String]

    init(_ metrics: TestMetrics, of subject: Subject) throws {
        let requests = metrics.counters(label: "aws_requests_total").filter { $0.totalValue > 0 }
        calls = requests.reduce(0) { $0 + $1.totalValue }
        outcome = requests.first?.dimensions.first { $0.0 == "outcome" }?.1 ?? "none"
        let retries = metrics.counters(label: "aws_retries_total")
        attempts = 1 + Int(retries.reduce(0) { $0 + $1.totalValue })
        reasons = retries.compactMap { counter in counter.dimensions.first { $0.0 == "reason" }?.1 }.sorted()
        let timers = metrics.timers(label: "aws_request_seconds")
        #expect(timers.count == 1 && timers.first?.values.count == 1)
        #expect(requests.first?.dimensions.contains { $0 == ("operation", subject.operation.rawValue) } == true)
    }
}
