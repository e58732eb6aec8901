import Locking

extension Channel {
    /// Receives a batch: waits for a first element as long as it takes, then gathers more until `limit` are there or
    /// `linger` has passed since the first.
    ///
    /// The receiver sleeps while senders fill the batch: two wake-ups a batch at most, none an element.
    ///
    /// - Parameters:
    ///   - limit: The most elements to receive, at least 1.
    ///   - linger: How long to gather after the first; zero takes what is there.
    ///   - timer: What measures the linger.
    /// - Returns: The elements, in order; fewer than `limit` if the linger ran out, the channel was closed, or the task
    ///   was cancelled meanwhile. Empty once the channel is closed and drained, or if the task is cancelled before
    ///   there was any.
    public nonisolated(nonsending) func receive(
        upTo limit: Int, linger: Duration, timer: LingerTimer = .system
    ) async -> [Element] {
        precondition(limit > 0, "a batch holds at least one element")
        guard let first = await receive() else { return [] }
        let gathering = Gathering([first], limit: limit)
        let ticket = state.withLock { $0.newTicket() }
        if gather(gathering) || linger <= .zero { return gathering.elements }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                if wait(toFill: gathering, ticket, continuation) {
                    timer.schedule(linger) { [self] in
                        state.withLock { $0.cancelReceiver(ticket) }.resume()
                    }
                }
            }
        } onCancel: {
            state.withLock { $0.cancelReceiver(ticket) }.resume()
        }
    }

    /// Takes what is there, up to the limit.
    ///
    /// - Returns: Whether the batch is complete: full, or nothing can follow.
    private func gather(_ gathering: Gathering<Element>) -> Bool {
        let (isComplete, wakes) = state.withLock { $0.fill(gathering) }
        for wake in wakes { wake.resume() }
        return isComplete
    }

    /// - Returns: Whether the batch waits to be filled; if not, the continuation was resumed.
    private func wait(
        toFill gathering: Gathering<Element>, _ ticket: Ticket, _ continuation: UnsafeContinuation<[Element], Never>
    ) -> Bool {
        let (mine, wakes): (Wake<Element>, [Wake<Element>]) = state.withLock { state in
            let (isComplete, wakes) = state.fill(gathering)
            if isComplete || Task.isCancelled { return (.batch(continuation, gathering.elements), wakes) }
            gathering.continuation = continuation
            state.receivers.append(ReceiveWaiter(ticket: ticket, kind: .batch(gathering)))
            return (.none, wakes)
        }
        for wake in wakes { wake.resume() }
        mine.resume()
        if case .none = mine { return true }
        return false
    }
}

extension ChannelState {
    fileprivate mutating func fill(_ gathering: Gathering<Element>) -> (isComplete: Bool, wakes: [Wake<Element>]) {
        var wakes: [Wake<Element>] = []
        while gathering.elements.count < gathering.limit, let (element, wake) = take() {
            gathering.elements.append(element)
            if case .none = wake { continue }
            wakes.append(wake)
        }
        return (isClosed || gathering.elements.count >= gathering.limit, wakes)
    }
}
