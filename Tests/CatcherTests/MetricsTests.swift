import AWSCore
import NIOCore
import Operations
import Testing

@testable import Catcher

@Suite("The catcher's metrics")
struct MetricsTests {
    private func value(_ series: String, in registry: MetricsRegistry) -> Double? {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix("\(series) ") }
            .flatMap { Double($0.dropFirst(series.utf8.count + 1)) }
    }

    private func bench() -> (Bench, MetricsRegistry) {
        let registry = MetricsRegistry(showsProcess: false)
        let bench = Bench(metrics: CatcherMetrics(factory: registry))
        bench.metrics.showGauges(in: registry, bench.packer)
        return (bench, registry)
    }

    @Test("every metric of the contract is there, with its type and what it means")
    func names() throws {
        let (bench, registry) = bench()
        registry.gauge("catcher_spool_bytes") { 0 }
        let client = try bench.connect()
        try client.send(post("{}") + post("no"))
        #expect(value("catcher_connections", in: registry) == 1)
        #expect((value("catcher_pending_bytes", in: registry) ?? 0) > 0)
        bench.linger()
        let message = try #require(bench.messages().first)
        bench.metrics.recordAcknowledged(message, after: .milliseconds(3))
        for outcome in CatcherMetrics.Outcome.allCases { bench.metrics.countBeacons(2, outcome) }
        bench.shared.messageSettled(message.waiting[0], nil)
        let text = registry.exposition()
        for (name, type) in [
            ("catcher_requests_total", "counter"), ("catcher_beacons_total", "counter"),
            ("catcher_pending_bytes", "gauge"), ("catcher_message_beacons", "histogram"),
            ("catcher_ack_seconds", "histogram"), ("catcher_spool_bytes", "gauge"), ("catcher_connections", "gauge"),
            ("catcher_messages_refused_total", "counter"),
        ] {
            #expect(text.contains("# TYPE \(name) \(type)\n"))
            let meaning = try #require(CatcherMetrics.meanings[name])
            #expect(text.contains("# HELP \(name) \(meaning)\n"))
        }
        #expect(value("catcher_requests_total{route=\"/work\",status=\"200\"}", in: registry) == 1)
        #expect(value("catcher_requests_total{route=\"/work\",status=\"400\"}", in: registry) == 1)
        #expect(value("catcher_message_beacons_count", in: registry) == 1)
        #expect(value("catcher_ack_seconds_sum", in: registry) == 0.003)
        for (outcome, count) in [("queued", 2.0), ("spooled", 2), ("refused", 3), ("unavailable", 2)] {
            #expect(value("catcher_beacons_total{outcome=\"\(outcome)\"}", in: registry) == count)
        }
    }

    @Test(
        "a request with beacons that is refused counts once, by its head, its body or its key",
        arguments: RefusalCase.all)
    func refused(_ example: RefusalCase) throws {
        for asPixel in example.isForPixel ? [false, true] : [false] {
            let registry = MetricsRegistry(showsProcess: false)
            let bench = try example.bench(CatcherMetrics(factory: registry))
            _ = try example.answer(asPixel: asPixel, on: bench)
            let isUnavailable = example.status == 503
            #expect(value("catcher_beacons_total{outcome=\"refused\"}", in: registry) == (isUnavailable ? 0 : 1))
            #expect(value("catcher_beacons_total{outcome=\"unavailable\"}", in: registry) == (isUnavailable ? 1 : 0))
        }
    }

    @Test(
        "what carries no beacons is not counted among them",
        arguments: [
            request("GET /x"), request("GET /work"), request("OPTIONS /work", headers: ["Origin: null"]),
            request("GET /robots.txt?" + String(repeating: "a", count: 17_000)), request("HEAD /work.gif"),
        ])
    func others(_ request: String) throws {
        let (bench, registry) = bench()
        let client = try bench.connect()
        try client.send(request)
        #expect(try client.statuses().first.map { $0 >= 400 } == true)
        #expect(value("catcher_beacons_total{outcome=\"refused\"}", in: registry) == 0)
    }
}
