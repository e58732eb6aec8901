import Metrics
import Operations
import Testing

struct MetricsTests {
    private let registry = MetricsRegistry(seriesLimit: 3, showsProcess: false)

    private func lines(_ prefix: String) -> [String] {
        registry.exposition().split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
    }

    @Test("A counter shows with help, type, sorted labels and its count, whichever handle counted")
    func counter() {
        registry.describe(["beacons_total": "Beacons taken.\nSee \\docs."])
        for _ in 0..<2 {
            Counter(label: "beacons", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment(by: 2)
        }
        Counter(label: "beacons_total", factory: registry).increment()
        #expect(
            registry.exposition() == """
                # HELP beacons_total Beacons taken.\\nSee \\\\docs.
                # TYPE beacons_total counter
                beacons_total 1
                beacons_total{a="1",b="2"} 4

                """)
    }

    @Test("Counts from many threads at once add up")
    func concurrent() async {
        let counter = Counter(label: "c", factory: registry)
        let fractions = FloatingPointCounter(label: "f", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        fractions.increment(by: 0.5)
                    }
                }
            }
        }
        #expect(lines("c_total") == ["c_total 8000"])
        #expect(lines("f_total") == ["f_total 4000"])
    }

    @Test("A timer is a histogram in seconds with cumulative buckets")
    func timer() {
        let timer = Timer(label: "ack_seconds", dimensions: [("op", "send")], factory: registry)
        for milliseconds in [1, 40, 40, 90_000] { timer.recordMilliseconds(milliseconds) }
        #expect(lines("# TYPE") == ["# TYPE ack_seconds histogram"])
        #expect(lines("ack_seconds_bucket").count == MetricsRegistry.timeBuckets.count + 1)
        for line in [
            #"ack_seconds_bucket{op="send",le="0.0005"} 0"#, #"ack_seconds_bucket{op="send",le="0.001"} 1"#,
            #"ack_seconds_bucket{op="send",le="0.05"} 3"#, #"ack_seconds_bucket{op="send",le="60"} 3"#,
            #"ack_seconds_bucket{op="send",le="+Inf"} 4"#, #"ack_seconds_sum{op="send"} 90.081"#,
            #"ack_seconds_count{op="send"} 4"#,
        ] { #expect(lines("ack_seconds").contains(line)) }
    }

    @Test("A recorder is a histogram, a gauge and a meter show their last value, a computed gauge its own")
    func gauges() {
        Recorder(label: "message_beacons", factory: registry).record(7)
        Gauge(label: "pending", factory: registry).record(3)
        let meter = Meter(label: "idle", factory: registry)
        meter.set(2.5)
        meter.increment(by: 1.0)
        meter.decrement(by: 3.0)
        registry.gauge("depth") { 42 }
        #expect(lines(#"message_beacons_bucket{le="10"}"#) == [#"message_beacons_bucket{le="10"} 1"#])
        #expect(lines("pending") == ["pending 3"])
        #expect(lines("idle") == ["idle 0.5"])
        #expect(lines("depth") == ["depth 42"])
    }

    @Test("Labels are escaped, names made valid")
    func escaping() {
        Counter(label: "a.b-c", dimensions: [("ro:ute", "\"x\\\n")], factory: registry).increment()
        #expect(lines("a_b") == [#"a_b_c_total{ro_ute="\"x\\\n"} 1"#])
    }

    @Test("Series beyond the limit share one, so that strangers cannot fill the memory")
    func cardinality() {
        for number in 0..<100 {
            Counter(label: "c", dimensions: [("path", "\(number)")], factory: registry).increment()
        }
        #expect(lines("c_total").count == 4)
        #expect(lines("c_total").contains(#"c_total{path="other"} 97"#))
    }

    @Test("A name in use for one kind of metric is not disturbed by another kind")
    func clash() {
        Counter(label: "x_total", factory: registry).increment()
        Gauge(label: "x_total", factory: registry).record(9)
        #expect(lines("x_total") == ["x_total 1"])
    }

    @Test("The process's own metrics are shown")
    func process() throws {
        let text = MetricsRegistry().exposition()
        for name in [
            "process_cpu_seconds_total", "process_open_fds", "process_max_fds", "process_resident_memory_bytes",
            "process_start_time_seconds",
        ] {
            let line = try #require(text.split(separator: "\n").last { $0.hasPrefix("\(name) ") })
            let value = try #require(Double(line.dropFirst(name.count + 1)))
            #expect(value > 0)
        }
    }
}
