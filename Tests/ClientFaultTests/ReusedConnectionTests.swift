import Metrics
import MetricsTestKit
import Testing

@testable import Simulator

extension UnderFaults {
    @Suite("A connection that was used before")
    struct ReusedConnectionTests {
        @Test(
            "Where it dies unanswered, libcurl sends again by itself: the call is done, and no retry of the client's",
            .timeLimit(.minutes(1)), arguments: [Fault.Kind.dropBefore, .dropAfter])
        func sentAgain(_ kind: Fault.Kind) async throws {
            let bench = try await FaultBench(patience: .seconds(30))
            // Leaves a connection behind that the next call uses.
            #expect(await bench.works())
            bench.simulator.meter.reset()
            var fault = Fault(kind)
            fault.count = 1
            bench.simulator.faults.set([fault])
            let metrics = TestMetrics()
            let reported = await withMetricsFactory(metrics) { await bench.call(.send, []) }
            #expect(reported.error == nil && reported.done.count == 10)
            #expect(metrics.counters(label: "aws_retries_total").isEmpty)
            let meter = bench.simulator.meter.snapshot()
            #expect(meter.requests(of: .sendMessageBatch) == 2)
            #expect(meter.messagesSent == (kind == .dropAfter ? 20 : 10))
            #expect(meter.distinctMessages == 10)
            #expect(try await bench.held(.send) == Set(0..<10))
            try await bench.simulator.stop()
        }
    }
}
