/// Sends small requests to metadata services and STS, and sends again what failed in passing.
struct PatientTransport: Sendable {
    let transport: any Transport
    let surroundings: Surroundings
    var policy = RetryPolicy(maxAttempts: 3, transientBase: .milliseconds(100))

    /// Sends a request until an answer is worth keeping, or the attempts are used up.
    ///
    /// - Parameters:
    ///   - request: Makes the request, anew for each attempt, so that it is signed at its own time.
    ///   - retry: Whether and why an answer is not to be kept.
    /// - Returns: The last answer, and how many attempts it took.
    /// - Throws: ``TransportError`` if the last attempt had no answer.
    func send(
        _ request: () -> HTTPRequest, retry: (HTTPResponse) -> RetryReason?
    ) async throws(TransportError) -> (response: HTTPResponse, attempts: Int) {
        var attempt = 1
        while true {
            var reason = RetryReason.transient
            do throws(TransportError) {
                let response = try await transport.send(request())
                guard attempt < policy.maxAttempts, let wish = retry(response) else { return (response, attempt) }
                reason = wish
            } catch {
                let isLasting = [.cancelled, .invalid, .tooLarge, .tls].contains(error.kind)
                if isLasting || attempt >= policy.maxAttempts { throw error }
            }
            let pause = policy.backoff(
                after: attempt, isThrottling: reason == .throttling, hint: nil, random: surroundings.random())
            do { try await surroundings.sleep(pause) } catch {
                throw TransportError(.cancelled, "given up between attempts")
            }
            attempt += 1
        }
    }
}
