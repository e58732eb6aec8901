/// Asks for credentials, and waits no longer than the call that wants them may take: a `credential_process` has a
/// minute, a call half of that. What gives them goes on for the next call; where credentials at hand still hold,
/// they serve this one.
struct TimelyCredentials: Sendable {
    private let provider: any CredentialsProvider
    /// The provider where it may have credentials at hand.
    private let cache: CredentialsCache?

    /// They did not come in time.
    struct Late: Error {}

    init(_ provider: any CredentialsProvider) {
        self.provider = provider
        cache = provider as? CredentialsCache
    }

    /// - Parameter limit: How long they may take.
    /// - Returns: Credentials.
    /// - Throws: ``Late``, `CancellationError`, or what the provider throws.
    func credentials(within limit: Duration) async throws -> Credentials {
        // Nearly always: no task, no timer.
        if let held = cache?.held { return held }
        // Where others hold, half of the time: they are of use while the call still has some.
        let isReplaceable = cache?.usable != nil
        do {
            return try await asked(within: isReplaceable ? limit / 2 : limit)
        } catch is Late {
            guard isReplaceable, let usable = cache?.serveInsteadOfRenewal() else { throw Late() }
            return usable
        }
    }

    private func asked(within limit: Duration) async throws -> Credentials {
        try await withThrowingTaskGroup(of: Credentials.self) { group in
            group.addTask { try await provider.credentials() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw Late()
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}
