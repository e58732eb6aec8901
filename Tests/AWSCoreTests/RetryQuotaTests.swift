import Testing

@testable import AWSCore

@Suite("A client's retry quota")
struct RetryQuotaTests {
    @Test("pays for retries, is paid back after success, and says when it is empty")
    func quota() async throws {
        let transport = ScriptedTransport(
            [.json(500, ""), .json(200, "{}")] + Array(repeating: .json(500, ""), count: 200))
        let client = scriptedClient(.sqs, transport)
        _ = try await client.call("Op", body: [])
        #expect(client.quota.available == 500, "the retry's cost came back with the success")
        var codes: [AWSError.Code] = []
        for _ in 0..<20 {
            do { _ = try await client.call("Op", body: []) } catch { codes.append(error.code) }
        }
        #expect(codes.first == "HTTP500")
        #expect(codes.last == .retryQuotaExhausted)
        let retriesPaid = 500 / 14
        #expect(transport.requests.count == 22 + retriesPaid)
        #expect(client.quota.available == 500 % 14)
    }

    @Test("is not drawn on for a pooled connection that had gone stale")
    func staleConnection() async throws {
        let stale = TransportError(.broken, "closed", onReusedConnection: true)
        let transport = ScriptedTransport([.failure(stale), .failure(stale)])
        let client = scriptedClient(.sqs, transport, maxAttempts: 2)
        await #expect(throws: AWSError.self) { try await client.call("Op", body: []) }
        #expect(client.quota.available == 500)
        #expect(transport.requests.count == 2)
    }

    @Test("gets one token back after a success whose retries were free, as after a first success")
    func staleConnectionThenSuccess() async throws {
        let stale = TransportError(.broken, "closed", onReusedConnection: true)
        let transport = ScriptedTransport([
            .json(500, ""), .json(500, ""), .failure(stale), .json(200, "{}"), .json(200, "{}"),
        ])
        let client = scriptedClient(.sqs, transport, maxAttempts: 2)
        await #expect(throws: AWSError.self) { try await client.call("Op", body: []) }
        #expect(client.quota.available == 486)
        _ = try await client.call("Op", body: [])
        #expect(client.quota.available == 487)
        _ = try await client.call("Op", body: [])
        #expect(client.quota.available == 488)
    }

    @Test("is not drawn on for a retry that is not made: too late, or cancelled before it")
    func unmadeRetry() async throws {
        let late = ManualTime()
        var settings = late.settings(.standard(for: .sqs))
        settings.callTimeout = .milliseconds(50)
        let lateClient = AWSClient(
            service: .sqs, region: "eu-central-1", endpoint: "http://127.0.0.1:1", credentials: StaticCredentials(),
            transport: ScriptedTransport([.json(500, "")]), settings: settings)
        let tooLate = await #expect(throws: AWSError.self) { try await lateClient.call("Op", body: []) }
        #expect(tooLate?.code == "HTTP500" && late.sleeps.isEmpty)
        #expect(lateClient.quota.available == 500)

        settings = ManualTime().settings(.standard(for: .sqs))
        settings.sleep = { _ in throw CancellationError() }
        let cancelledClient = AWSClient(
            service: .sqs, region: "eu-central-1", endpoint: "http://127.0.0.1:1", credentials: StaticCredentials(),
            transport: ScriptedTransport([.json(500, "")]), settings: settings)
        let cancelled = await #expect(throws: AWSError.self) { try await cancelledClient.call("Op", body: []) }
        #expect(cancelled?.code == .cancelled)
        #expect(cancelledClient.quota.available == 500)
    }

    @Test("makes a long poll wait before it fails for want of it")
    func longPollWithoutQuota() async throws {
        let transport = ScriptedTransport(Array(repeating: .json(500, ""), count: 200))
        let time = ManualTime()
        let client = scriptedClient(.sqs, transport, time: time)
        for _ in 0..<20 { _ = try? await client.call("Op", body: []) }
        let before = time.sleeps.count
        await #expect(throws: AWSError.self) { try await client.call("ReceiveMessage", body: [], wait: .seconds(20)) }
        #expect(time.sleeps.dropFirst(before) == [.milliseconds(50)])
    }

    @Test(
        "of a service that throttles: the error says so without quota too",
        arguments: [("ThrottlingException", AWSError.Category.throttled), ("InternalError", .unreachable)])
    func category(code: String, category: AWSError.Category) async throws {
        let answer = ScriptedTransport.Answer.json(400, "{\"__type\":\"\(code)\"}")
        let client = scriptedClient(.dynamoDB, ScriptedTransport(Array(repeating: answer, count: 1000)))
        var last: AWSError?
        for _ in 0..<300 where last?.code != .retryQuotaExhausted {
            do { _ = try await client.call("Op", body: []) } catch { last = error }
        }
        #expect(last?.code == .retryQuotaExhausted)
        #expect(last?.category == category)
    }
}
