import AWSCore
import Locking
import Testing

@testable import Demo

/// A sample on its way to a catcher, and what of it has been acknowledged.
final class Load: Sendable {
    let sample: Sample
    private let taken = Guarded<[SampleBeacon]>([])
    private let poster: BeaconPoster

    /// - Parameters:
    ///   - count: How many beacons.
    ///   - seed: Which sample.
    ///   - rate: Beacons a second; as fast as they are taken if `nil`.
    ///   - stage: Whose catcher takes them.
    /// - Throws: `TransportError` where libcurl does not start.
    init(_ count: Int, seed: UInt64, rate: Int? = nil, on stage: Stage) throws {
        sample = Sample(count: count, seed: seed, end: .now())
        var options = CurlTransport.Options()
        options.maxConnections = 32
        poster = BeaconPoster(
            transport: try CurlTransport(options: options), url: "http://127.0.0.1:\(stage.catcherPort)/work",
            concurrency: 32, rate: rate, patience: .seconds(90))
    }

    /// Posts until every beacon is acknowledged.
    @discardableResult
    func run() async -> BeaconPoster.Report {
        let report = await poster.post(sample) { [self] beacon in taken.withLock { $0.append(beacon) } }
        #expect(report.refused == 0, "\(report.firstRefusal ?? "")")
        return report
    }

    /// The beacons that were answered with 200.
    var acknowledged: [SampleBeacon] { taken.withLock { $0 } }

    /// Waits until so many beacons have been acknowledged.
    func reaches(_ count: Int) async throws {
        try await eventually("\(count) beacons are acknowledged") {
            let reached = taken.withLock { $0.count }
            return reached >= count ? nil : "\(reached) are"
        }
    }
}
