import AWSCore
import Locking
import Operations

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The whole product on this machine, once: local AWS, set-up, catcher, worker, a sample, what the table holds then.
struct DemoRun: Sendable {
    let setup: LocalSetup
    let sample: Sample
    let children: Children

    /// Starts everything, sends the sample, waits for it in the table, and shows what came of it.
    ///
    /// - Returns: Whether every event that was sent is stored.
    /// - Throws: ``DemoFailure`` and the like; what was started is in ``children`` then.
    func run() async throws -> Bool {
        let transport = try CurlTransport()
        let probe = Probe(transport: transport)
        let folder = try makeFolder()
        Console.say("Logs are in \(folder)")
        try await start(probe, folder)
        let stored = try await StoredBeacons.connect(
            environment: setup.awsEnvironment, table: LocalSetup.table, transport: transport)

        let before = await cpu(probe)
        let sent = try await send(transport)
        let (contents, hours) = try await waitForEvents(sent, in: stored)
        let after = await cpu(probe)

        Console.say("\n" + TextTable.contents(contents, hours: hours).render())
        Console.say("(rollups: the events that they count, and in brackets how many items they are)\n")
        let result = Stored(sent: sent, contents: contents)
        for line in result.lines { Console.say(line) }
        let events = sent.map(\.eventIDs.count).reduce(0, +)
        Console.say(
            "CPU: catcher \(Self.share(before.catcher, after.catcher, of: sent.count)) a beacon, "
                + "worker \(Self.share(before.worker, after.worker, of: events)) an event")
        return result.isWhole && sent.count == sample.count
    }

    private func start(_ probe: Probe, _ folder: String) async throws {
        func child(_ name: String, _ command: [String], _ environment: [String: String]) throws -> ChildProcess {
            let child = try ChildProcess(
                name, command, environment: environment, guardian: setup.demo, folder: folder)
            children.add(child)
            return child
        }
        Console.say("Starting ministack, a local AWS, on 127.0.0.1:\(setup.awsPort)")
        let ministack = try child("ministack", [setup.ministack], setup.ministackEnvironment)
        try await probe.waitUntilReady(
            "http://127.0.0.1:\(setup.awsPort)/_ministack/health", of: ministack, limit: .seconds(60))

        Console.say("Setting up queue and table: worker setup")
        let workerSetup = try child("worker-setup", setup.workerSetup, setup.awsEnvironment)
        let status = await workerSetup.exited()
        guard status == 0 else {
            throw DemoFailure("worker setup ended with status \(status):\n\(workerSetup.lastLines())")
        }
        Console.say(workerSetup.lastLines())
        Console.say("Starting catcher on 127.0.0.1:\(setup.catcherPort), and worker")
        let catcher = try child("catcher", setup.catcher, setup.awsEnvironment)
        let worker = try child("worker", setup.worker, setup.awsEnvironment)
        try await probe.waitUntilReady(
            "http://127.0.0.1:\(setup.catcherAdminPort)/readyz", of: catcher, limit: .seconds(20))
        try await probe.waitUntilReady(
            "http://127.0.0.1:\(setup.workerAdminPort)/readyz", of: worker, limit: .seconds(20))
    }

    private func send(_ transport: any Transport) async throws -> [SentBeacon] {
        Console.say("Sending \(grouped(sample.count)) beacons of \(SampleMap.all.count) maps (seed \(sample.seed))")
        let progress = Progress("beacons taken", of: sample.count)
        let sent = Guarded<[SentBeacon]>([])
        let poster = BeaconPoster(
            transport: transport, url: "http://127.0.0.1:\(setup.catcherPort)/work", concurrency: 64)
        let report = await poster.post(sample) { beacon in
            sent.withLock { $0.append(SentBeacon(mapID: beacon.mapID, eventIDs: beacon.eventIDs)) }
            progress.advance()
        }
        try Task.checkCancellation()
        if report.refused > 0 {
            Console.say("\(grouped(report.refused)) not taken; the first because of: \(report.firstRefusal ?? "")")
        }
        if report.retries > 0 {
            Console.say(
                "\(grouped(report.retries)) requests had to be sent again (\(report.firstTrouble ?? "")): their events "
                    + "are stored once, but rollups may count them for each message that carried them")
        }
        return sent.withLock { $0 }
    }

    private func waitForEvents(
        _ sent: [SentBeacon], in stored: StoredBeacons
    ) async throws -> ([StoredBeacons.MapContent], HourRange) {
        let expected = Dictionary(grouping: sent, by: \.mapID).mapValues { Set($0.flatMap(\.eventIDs)) }
        let progress = Progress("events stored", of: expected.values.map(\.count).reduce(0, +))
        let deadline = ContinuousClock.now + .seconds(60)
        let start = sample.end + .nanoseconds(-sample.span.nanoseconds)
        var whole: [String: StoredBeacons.MapContent] = [:]
        while true {
            let hours = HourRange(from: start, through: .now())
            let missing = SampleMap.all.map(\.id).filter { whole[$0] == nil }
            let contents = try await stored.read(maps: missing, hours: hours)
            for content in contents where content.holds(expected[content.map] ?? []) { whole[content.map] = content }
            let partial = contents.filter { whole[$0.map] == nil }
            progress.reach(
                (whole.values.map { $0 } + partial).map { $0.eventKeys.intersection(expected[$0.map] ?? []).count }
                    .reduce(0, +))
            if partial.isEmpty || ContinuousClock.now > deadline {
                let all = SampleMap.all.compactMap { map in whole[map.id] ?? partial.first { $0.map == map.id } }
                return (all, hours)
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private func cpu(_ probe: Probe) async -> (catcher: Double?, worker: Double?) {
        (
            await probe.cpuSeconds(adminPort: setup.catcherAdminPort),
            await probe.cpuSeconds(adminPort: setup.workerAdminPort)
        )
    }

    static func share(_ before: Double?, _ after: Double?, of count: Int) -> String {
        guard let before, let after, count > 0 else { return "unknown" }
        return "\(decimal((after - before) / Double(count) * 1e6, 1)) µs"
    }

    private func makeFolder() throws -> String {
        let parent = setup.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array("\(parent)/map-beacons-demo.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw DemoFailure("no folder for logs can be made in \(parent): \(String(cString: strerror(errno)))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// What the catcher has acknowledged of the sample.
struct SentBeacon: Sendable {
    let mapID: String
    let eventIDs: [String]
}

extension StoredBeacons.MapContent {
    /// Whether all these events are stored, and the rollups count all events that are.
    func holds(_ events: Set<String>) -> Bool {
        eventKeys.isSuperset(of: events) && hours.values.map(\.events).reduce(0, +) >= eventKeys.count
    }
}

/// How much of what was sent is stored.
struct Stored: Sendable {
    let beacons: (whole: Int, sent: Int)
    let events: (stored: Int, sent: Int)
    let counted: Int

    init(sent: [SentBeacon], contents: [StoredBeacons.MapContent]) {
        let keys = Dictionary(contents.map { ($0.map, $0.eventKeys) }) { $0.union($1) }
        let stored = sent.map { beacon in beacon.eventIDs.count { keys[beacon.mapID]?.contains($0) == true } }
        beacons = (zip(sent, stored).count { $0.eventIDs.count == $1 }, sent.count)
        events = (stored.reduce(0, +), sent.map(\.eventIDs.count).reduce(0, +))
        counted = contents.flatMap(\.hours.values).map(\.events).reduce(0, +)
    }

    var isWhole: Bool { events.stored == events.sent }

    var lines: [String] {
        [
            "Stored: the events of \(grouped(beacons.whole)) of \(grouped(beacons.sent)) beacons "
                + "(\(grouped(events.stored)) of \(grouped(events.sent)) events, by their ids)",
            "Rollups count \(grouped(counted)) events",
        ]
    }
}
