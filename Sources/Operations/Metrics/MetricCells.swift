import CoreMetrics
import Synchronization

/// A count that only grows, one atomic addition an increment.
final class CounterCell: CounterHandler {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.add(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
    var value: Int64 { count.load(ordering: .relaxed) }
}

/// A floating-point number that is added to or set.
final class NumberCell: FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    func increment(by amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }

    func decrement(by amount: Double) { increment(by: -amount) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func reset() { set(0.0) }
    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// A distribution over buckets with fixed upper bounds.
final class HistogramCell: RecorderHandler, TimerHandler {
    /// The buckets' upper bounds, inclusive and ascending; one more bucket takes what lies above them.
    let bounds: [Double]
    private let buckets: [CounterCell]
    private let total = NumberCell()

    init(bounds: [Double]) {
        self.bounds = bounds
        buckets = (0...bounds.count).map { _ in CounterCell() }
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        buckets[bounds.firstIndex { value <= $0 } ?? bounds.count].increment(by: 1)
        total.increment(by: value)
    }

    func recordNanoseconds(_ nanoseconds: Int64) { record(Double(nanoseconds) / 1e9) }
    func preferDisplayUnit(_ unit: TimeUnit) {}

    /// How many values each bucket took, those of the buckets before it included, and their sum.
    var value: (cumulative: [Int64], sum: Double) {
        var running: Int64 = 0
        let cumulative = buckets.map { bucket in
            running += bucket.value
            return running
        }
        return (cumulative, total.value)
    }
}
