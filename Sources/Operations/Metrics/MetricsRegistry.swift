import Locking
public import CoreMetrics

/// A swift-metrics backend that shows its metrics in Prometheus' text format.
///
/// A series is made once, under a lock, when its `Counter`, `Timer` or the like is made; counting after that takes
/// atomic additions alone. Keep the handles.
///
/// Counters end in `_total`, timers are histograms in seconds. A recorder that aggregates is a histogram, one that does
/// not, and a meter, is a gauge. A name that is in use for one kind of metric gives an unconnected handle for another.
public final class MetricsRegistry: MetricsFactory {
    /// Upper bounds for times, in seconds: half a millisecond to a minute.
    public static let timeBuckets = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]
    /// Upper bounds for counts: one to five thousand.
    public static let countBuckets: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]

    private enum Family {
        case counter(MetricFamily<CounterCell>)
        case floatingCounter(MetricFamily<NumberCell>)
        case gauge(MetricFamily<NumberCell>)
        case histogram(MetricFamily<HistogramCell>)
        case computed(@Sendable () -> Double)
    }

    private struct State {
        var families: [String: Family] = [:]
        var help = [
            "aws_requests_total": "Attempts of requests to AWS.",
            "aws_request_seconds": "How long attempts of requests to AWS took.",
            "aws_retries_total": "Requests to AWS that were sent again, by the reason.",
        ]
    }

    private let state = Guarded(State())
    private let seriesLimit: Int
    private let process: ProcessMetrics?

    /// - Parameters:
    ///   - seriesLimit: How many sets of labels one metric may have; further ones share a series of their own, whose
    ///     labels all say `other`.
    ///   - showsProcess: Whether CPU, memory and file descriptors of the process are shown too.
    public init(seriesLimit: Int = 200, showsProcess: Bool = true) {
        self.seriesLimit = seriesLimit
        process = showsProcess ? ProcessMetrics() : nil
    }

    /// Makes this registry the one that every `Counter`, `Timer` and so on of the process reports to. Called once,
    /// before the first of them is made.
    public func bootstrap() {
        MetricsSystem.bootstrap(self)
    }

    /// Says what metrics mean, for their `HELP` lines.
    ///
    /// - Parameter meanings: A sentence for each metric's name.
    public func describe(_ meanings: [String: String]) {
        state.withLock { $0.help.merge(meanings) { $1 } }
    }

    /// Shows a number that is read when the metrics are.
    ///
    /// - Parameters:
    ///   - name: The gauge's name.
    ///   - read: Reads the number; called from any thread, must not block.
    public func gauge(_ name: String, read: @escaping @Sendable () -> Double) {
        state.withLock { $0.families[PrometheusText.name(name)] = .computed(read) }
    }

    /// All metrics in Prometheus' text format 0.0.4, in the order of their names.
    public func exposition() -> String {
        let (families, help) = state.withLock { ($0.families, $0.help) }
        var text = PrometheusText()
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            let meaning = help[name] ?? "See the documentation of \(name)."
            switch family {
            case .counter(let family):
                text.family(name, type: "counter", help: meaning)
                for (labels, cell) in family.series { text.sample(name, labels: labels, value: cell.value) }
            case .floatingCounter(let family):
                text.family(name, type: "counter", help: meaning)
                for (labels, cell) in family.series { text.sample(name, labels: labels, number: cell.value) }
            case .gauge(let family):
                text.family(name, type: "gauge", help: meaning)
                for (labels, cell) in family.series { text.sample(name, labels: labels, number: cell.value) }
            case .histogram(let family):
                text.family(name, type: "histogram", help: meaning)
                for (labels, cell) in family.series { text.histogram(name, labels: labels, cell: cell) }
            case .computed(let read):
                text.family(name, type: "gauge", help: meaning)
                text.sample(name, number: read())
            }
        }
        process?.write(to: &text)
        return text.text
    }

    // MARK: MetricsFactory

    /// A counter; its name is given `_total` where it does not end so.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let family = family(Self.counterName(label)) { name, limit in
            .counter(MetricFamily(name: name, limit: limit) { CounterCell() })
        }
        guard case .counter(let family) = family else { return CounterCell() }
        return family.cell(dimensions)
    }

    /// A counter of fractions; its name is given `_total` where it does not end so.
    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        let family = family(Self.counterName(label)) { name, limit in
            .floatingCounter(MetricFamily(name: name, limit: limit) { NumberCell() })
        }
        guard case .floatingCounter(let family) = family else { return NumberCell() }
        return family.cell(dimensions)
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gaugeCell(label, dimensions)
    }

    /// A histogram of numbers, or a gauge where it does not aggregate.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogramCell(label, dimensions, bounds: Self.countBuckets) : gaugeCell(label, dimensions)
    }

    /// A histogram of times, in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogramCell(label, dimensions, bounds: Self.timeBuckets)
    }

    /// Does nothing: a counter that vanished and came back would look like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    /// Does nothing, as for counters.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Does nothing, as for counters.
    public func destroyMeter(_ handler: any MeterHandler) {}
    /// Does nothing, as for counters.
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Does nothing, as for counters.
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func gaugeCell(_ label: String, _ dimensions: [(String, String)]) -> NumberCell {
        let family = family(PrometheusText.name(label)) { name, limit in
            .gauge(MetricFamily(name: name, limit: limit) { NumberCell() })
        }
        guard case .gauge(let family) = family else { return NumberCell() }
        return family.cell(dimensions)
    }

    private func histogramCell(_ label: String, _ dimensions: [(String, String)], bounds: [Double]) -> HistogramCell {
        let family = family(PrometheusText.name(label)) { name, limit in
            .histogram(MetricFamily(name: name, limit: limit) { HistogramCell(bounds: bounds) })
        }
        guard case .histogram(let family) = family else { return HistogramCell(bounds: bounds) }
        return family.cell(dimensions)
    }

    private func family(_ name: String, make: (String, Int) -> Family) -> Family {
        state.withLock { state in
            if let family = state.families[name] { return family }
            let family = make(name, seriesLimit)
            state.families[name] = family
            return family
        }
    }

    private static func counterName(_ label: String) -> String {
        let name = PrometheusText.name(label)
        return name.hasSuffix("_total") ? name : "\(name)_total"
    }
}
