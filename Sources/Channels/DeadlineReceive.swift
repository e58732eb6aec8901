import Locking

extension Channel {
    /// Receives the next element if it comes in time.
    ///
    /// - Parameters:
    ///   - patience: How long to wait for one; zero does not wait.
    ///   - timer: What measures the wait.
    /// - Returns: The element; `nil` if the time passed first, the channel is closed and drained, or the task is
    ///   cancelled while it waits. `nil` means that nothing was taken.
    public nonisolated(nonsending) func receive(
        within patience: Duration, timer: LingerTimer = .system
    ) async -> Element? {
        if let element = tryReceive() { return element }
        if patience <= .zero { return nil }
        let ticket = state.withLock { $0.newTicket() }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                wait(toReceive: ticket, continuation)
                timer.schedule(patience) { [self] in
                    state.withLock { $0.cancelReceiver(ticket) }.resume()
                }
            }
        } onCancel: {
            state.withLock { $0.cancelReceiver(ticket) }.resume()
        }
    }
}
