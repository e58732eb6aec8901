import Testing

@testable import AWSCore

@Suite("Credentials are kept and renewed")
struct CredentialsCacheTests {
    private let start = Timestamp(seconds: 1_000_000)

    private static func keys(_ id: String, until end: Timestamp?, outlives: Bool = false) -> Credentials {
        var keys = Credentials(accessKeyId: id, secretAccessKey: "SECRET", expiration: end, source: "test")
        keys.outlivesExpiration = outlives
        return keys
    }

    /// Returns once a renewal in the background has come to its end.
    private func wait(for id: String, from cache: CredentialsCache) async throws {
        while try await cache.credentials().accessKeyId != id { await Task.yield() }
    }

    private static func failure(_ reason: String = "down") -> CredentialsError {
        CredentialsError(.unavailable, source: "test", reason, advice: "wait")
    }

    @Test("Keys without an end are fetched once")
    func keepsStatic() async throws {
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted())
        source.answer(.success(Self.keys("A", until: nil)))
        for _ in 0..<3 { #expect(try await cache.credentials().accessKeyId == "A") }
        #expect(source.asked == 1)
    }

    @Test("All callers share one renewal")
    func sharesRenewal() async throws {
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted())
        let callers = (0..<20).map { _ in Task { try await cache.credentials() } }
        await source.waitUntilAsked(1)
        source.answer(.success(Self.keys("A", until: start + .seconds(3600))))
        for caller in callers { #expect(try await caller.value.accessKeyId == "A") }
        #expect(source.asked == 1)
    }

    @Test("15 minutes before the end they are renewed in the background while the old ones serve")
    func renewsInBackground() async throws {
        let clock = SharedValue(start)
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted(clock: clock))
        source.answer(.success(Self.keys("A", until: start + .seconds(3600))))
        _ = try await cache.credentials()

        clock.update { $0 = start + .seconds(3600 - 15 * 60 - 1) }
        #expect(try await cache.credentials().accessKeyId == "A")
        #expect(source.asked == 1)
        clock.update { $0 = start + .seconds(3600 - 15 * 60) }
        for _ in 0..<5 { #expect(try await cache.credentials().accessKeyId == "A") }
        await source.waitUntilAsked(2)
        #expect(source.asked == 2)

        source.answer(.success(Self.keys("B", until: start + .seconds(7200))))
        clock.update { $0 = start + .seconds(3600 - 10 * 60) }
        // At 10 minutes callers wait for the renewal, so this sees its result whenever it comes.
        #expect(try await cache.credentials().accessKeyId == "B")
        #expect(source.asked == 2)
    }

    @Test(
        "10 minutes before the end callers wait; once renewal has failed, what still holds serves without a wait",
        .timeLimit(.minutes(1)))
    func keepsStale() async throws {
        let clock = SharedValue(start)
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted(clock: clock))
        source.answer(.success(Self.keys("A", until: start + .seconds(3600))))
        _ = try await cache.credentials()

        clock.update { $0 = start + .seconds(3600 - 9 * 60) }
        source.answer(.failure(Self.failure()))
        #expect(try await cache.credentials().accessKeyId == "A")
        #expect(source.asked == 2)
        // Not asked again at once.
        #expect(try await cache.credentials().accessKeyId == "A")
        #expect(source.asked == 2)
        clock.update { $0 = $0 + .seconds(31) }
        for _ in 0..<3 { #expect(try await cache.credentials().accessKeyId == "A") }
        await source.waitUntilAsked(3)
        source.answer(.success(Self.keys("B", until: start + .seconds(9000))))
        try await wait(for: "B", from: cache)
        #expect(source.asked == 3)

        // That is forgotten with the next success.
        clock.update { $0 = start + .seconds(9000 - 9 * 60) }
        source.answer(.success(Self.keys("C", until: start + .seconds(20_000))))
        #expect(try await cache.credentials().accessKeyId == "C")
    }

    @Test(
        "A caller who has waited too long gets what still holds, and no other waits for that renewal",
        .timeLimit(.minutes(1)))
    func servesInsteadOfLate() async throws {
        let clock = SharedValue(start)
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted(clock: clock))
        let timely = TimelyCredentials(cache)
        source.answer(.success(Self.keys("A", until: start + .seconds(3600))))
        _ = try await timely.credentials(within: .seconds(3600))

        clock.update { $0 = start + .seconds(3600 - 9 * 60) }
        #expect(try await timely.credentials(within: .milliseconds(20)).accessKeyId == "A")
        #expect(try await timely.credentials(within: .seconds(3600)).accessKeyId == "A")
        #expect(source.asked == 2)

        clock.update { $0 = start + .seconds(3600) }
        await #expect(throws: TimelyCredentials.Late.self) { try await timely.credentials(within: .milliseconds(20)) }
        source.answer(.success(Self.keys("B", until: start + .seconds(9000))))
        #expect(try await timely.credentials(within: .seconds(3600)).accessKeyId == "B")
        #expect(source.asked == 2)
    }

    @Test("A call whose time is shorter than a renewal is signed with what still holds", .timeLimit(.minutes(1)))
    func callDuringRenewal() async throws {
        let clock = SharedValue(start)
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted(clock: clock))
        source.answer(.success(Self.keys("A", until: start + .seconds(3600))))
        _ = try await cache.credentials()
        clock.update { $0 = start + .seconds(3600 - 9 * 60) }
        let transport = ScriptedTransport([.json(200, "{}")])
        var settings = ManualTime().settings(.standard(for: .sqs))
        settings.callTimeout = .milliseconds(40)
        let client = AWSClient(
            service: .sqs, region: "eu-central-1", endpoint: "http://127.0.0.1:1", credentials: cache,
            transport: transport, settings: settings)
        _ = try await client.call("Op", body: [])
        #expect(transport.requests.first?.header("authorization")?.contains("Credential=A/") == true)
        source.answer(.success(Self.keys("B", until: start + .seconds(9000))))
    }

    @Test(
        "Past their end, credentials of EC2 serve on while its metadata fails; others do not", .timeLimit(.minutes(1)),
        arguments: [true, false])
    func outlives(isEC2: Bool) async throws {
        let clock = SharedValue(start)
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted(clock: clock))
        source.answer(.success(Self.keys("A", until: start + .seconds(3600), outlives: isEC2)))
        _ = try await cache.credentials()

        clock.update { $0 = start + .seconds(3601) }
        source.answer(.failure(Self.failure("metadata is down")))
        if isEC2 {
            #expect(try await cache.credentials().accessKeyId == "A")
            // The metadata service gets a pause of 5 to 10 minutes.
            clock.update { $0 = $0 + .seconds(299) }
            #expect(try await cache.credentials().accessKeyId == "A")
            #expect(source.asked == 2)
        } else {
            let error = await #expect(throws: CredentialsError.self) { try await cache.credentials() }
            #expect(error?.description.contains("metadata is down") == true)
        }
        clock.update { $0 = $0 + .seconds(600) }
        source.answer(.success(Self.keys("B", until: start + .seconds(9000))))
        try await wait(for: "B", from: cache)
    }

    @Test("A failure is told to all callers of the next second without asking again, then asked again")
    func remembersFailure() async throws {
        let clock = SharedValue(start)
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted(clock: clock))
        source.answer(.failure(Self.failure()))
        for _ in 0..<3 { await #expect(throws: CredentialsError.self) { try await cache.credentials() } }
        #expect(source.asked == 1)
        clock.update { $0 = $0 + .seconds(1) }
        source.answer(.success(Self.keys("A", until: nil)))
        #expect(try await cache.credentials().accessKeyId == "A")
    }

    @Test("A source that gives credentials about to end is not asked at each call")
    func spacesShortLived() async throws {
        let clock = SharedValue(start)
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted(clock: clock))
        source.answer(.success(Self.keys("A", until: start + .seconds(300))))
        for _ in 0..<5 { #expect(try await cache.credentials().accessKeyId == "A") }
        #expect(source.asked == 1)
        clock.update { $0 = $0 + .seconds(60) }
        source.answer(.success(Self.keys("B", until: start + .seconds(3600))))
        #expect(try await cache.credentials().accessKeyId == "B")
    }

    @Test("Credentials that have ended already are a failure, not an answer")
    func refusesEnded() async throws {
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted())
        source.answer(.success(Self.keys("A", until: start + .seconds(-1))))
        let error = await #expect(throws: CredentialsError.self) { try await cache.credentials() }
        #expect(error?.description.contains("have ended") == true)
    }

    @Test("A caller that is cancelled leaves at once; the renewal goes on for the others")
    func cancels() async throws {
        let source = GatedSource()
        let cache = CredentialsCache(source, surroundings: .scripted())
        let leaving = Task { try await cache.credentials() }
        let staying = Task { try await cache.credentials() }
        await source.waitUntilAsked(1)
        leaving.cancel()
        await #expect(throws: CancellationError.self) { try await leaving.value }
        source.answer(.success(Self.keys("A", until: nil)))
        #expect(try await staying.value.accessKeyId == "A")
        #expect(source.asked == 1)
    }
}
