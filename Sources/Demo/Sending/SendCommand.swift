import AWSCore
import ArgumentParser
import Operations
import Synchronization

/// `demo send`: load for a catcher anywhere.
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Posts sample beacons to a catcher.")

    @Option("url", env: "DEMO_URL", default: "http://127.0.0.1:7001/work", help: "Where the catcher takes beacons.")
    var url: String
    @Option(
        "count", env: "DEMO_COUNT", default: "2000", from: ("1", "1000000000"), help: "How many beacons to send.")
    var count: Int
    @Option("seed", env: "DEMO_SEED", default: "1", help: "Which sample: the same seed makes the same beacons.")
    var seed: Int
    @Option(
        "rate", env: "DEMO_RATE", unset: "as fast as they are taken", help: "How many beacons to send a second.")
    var rate: Int?
    @Option(
        "concurrency", env: "DEMO_CONCURRENCY", default: "200", from: ("1", "10000"),
        help: "How many requests are under way at once.")
    var concurrency: Int
    @Option("ids", env: "DEMO_IDS", unset: "nowhere", help: "A file for the acknowledged events' ids, one a line.")
    var ids: String?

    func validate() throws {
        if let rate, rate < 1 { throw ValidationError("--rate must be 1 or more, and is \(rate).") }
    }

    func run() async throws {
        var options = CurlTransport.Options()
        options.maxConnections = concurrency
        let file = try ids.map { try LineFile(creating: $0) }
        let progress = Progress("beacons taken", of: count)
        let poster = BeaconPoster(
            transport: try CurlTransport(options: options), url: url, concurrency: concurrency, rate: rate)
        let start = ContinuousClock.now
        let report = await poster.post(Sample(count: count, seed: UInt64(bitPattern: Int64(seed)), end: .now())) {
            beacon in
            file?.append(beacon.eventIDs)
            progress.advance()
        }
        let seconds = Double((ContinuousClock.now - start).nanoseconds) / 1e9
        Console.say(
            "\(grouped(report.acknowledged)) beacons with \(grouped(report.events)) events taken in "
                + "\(decimal(seconds, 1)) s: \(decimal(Double(report.acknowledged) / seconds, 0)) beacons a second, "
                + "\(grouped(report.retries)) requests sent again")
        if report.refused > 0 {
            Console.say("\(grouped(report.refused)) not taken; the first because of: \(report.firstRefusal ?? "")")
            throw ExitCode.failure
        }
    }
}
