import AWSCore
import Locking

/// Posts beacons to a catcher, many at a time, each until it is acknowledged or refused.
struct BeaconPoster: Sendable {
    let transport: any Transport
    let url: String
    /// How many requests are under way at once.
    let concurrency: Int
    /// Beacons a second at most; as fast as it goes if `nil`.
    var rate: Int?
    /// How long a beacon that is not taken is sent again and again.
    var patience: Duration = .seconds(30)

    /// What became of a sample.
    struct Report: Sendable, Equatable {
        /// Beacons answered with 200.
        var acknowledged = 0
        /// Events in those.
        var events = 0
        /// Beacons that were given up, and the answer to the first of them.
        var refused = 0
        var firstRefusal: String?
        /// Requests that were sent again, and why the first of them was.
        var retries = 0
        var firstTrouble: String?
    }

    /// Posts a sample.
    ///
    /// - Parameters:
    ///   - sample: The beacons.
    ///   - acknowledged: Hears of each beacon that was answered with 200, from any task.
    /// - Returns: What became of it; of part of it where the task was cancelled.
    func post(_ sample: Sample, acknowledged: @escaping @Sendable (SampleBeacon) -> Void) async -> Report {
        let feed = Feed(sample)
        let start = ContinuousClock.now
        return await withTaskGroup(of: Report.self) { group in
            for _ in 0..<concurrency {
                group.addTask {
                    var report = Report()
                    while !Task.isCancelled {
                        guard let (beacon, number) = feed.next() else { break }
                        if let rate {
                            let due = start + .nanoseconds(Int64(Double(number) / Double(rate) * 1e9))
                            try? await Task.sleep(until: due, clock: .continuous)
                        }
                        if await post(beacon, &report) { acknowledged(beacon) }
                    }
                    return report
                }
            }
            return await group.reduce(into: Report()) { $0.add($1) }
        }
    }

    private func post(_ beacon: SampleBeacon, _ report: inout Report) async -> Bool {
        let deadline = ContinuousClock.now + patience
        var pause = Duration.milliseconds(50)
        while true {
            var request = HTTPRequest(
                method: "POST", url: url, headers: [HTTPHeader("Content-Type", "application/json")], body: beacon.body)
            request.timeout = .seconds(20)
            let trouble: String
            do {
                let response = try await transport.send(request)
                if response.status == 200 {
                    report.acknowledged += 1
                    report.events += beacon.eventIDs.count
                    return true
                }
                trouble = "\(response.status) \(String(decoding: response.body, as: UTF8.self))"
                guard [408, 429, 503].contains(response.status) else { return report.refuse(trouble) }
            } catch {
                trouble = "\(error)"
            }
            guard ContinuousClock.now + pause < deadline, !Task.isCancelled else { return report.refuse(trouble) }
            report.retries += 1
            report.firstTrouble = report.firstTrouble ?? trouble
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(2))
        }
    }
}

/// Hands out the beacons of a sample to many tasks.
private final class Feed: Sendable {
    private let state: Guarded<(iterator: Sample.Iterator, taken: Int)>

    init(_ sample: Sample) {
        state = Guarded((sample.makeIterator(), 0))
    }

    /// The next beacon, and which one of the sample it is, from 1.
    func next() -> (beacon: SampleBeacon, number: Int)? {
        state.withLock { state in
            state.taken += 1
            return state.iterator.next().map { ($0, state.taken) }
        }
    }
}

extension BeaconPoster.Report {
    fileprivate mutating func refuse(_ trouble: String) -> Bool {
        refused += 1
        firstRefusal = firstRefusal ?? trouble
        return false
    }

    fileprivate mutating func add(_ other: Self) {
        acknowledged += other.acknowledged
        events += other.events
        refused += other.refused
        retries += other.retries
        firstRefusal = firstRefusal ?? other.firstRefusal
        firstTrouble = firstTrouble ?? other.firstTrouble
    }
}
