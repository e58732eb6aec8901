import Locking

/// A send on a channel that is closed, or was closed while the send waited: the element was not sent.
public struct ChannelClosed: Error, Sendable, Hashable, CustomStringConvertible {
    /// Makes the error.
    public init() {}

    /// What happened, for a person.
    public var description: String { "the channel is closed" }
}

/// Go's channel: tasks hand elements to tasks, first in, first out.
///
/// Unbuffered, a send waits until a receiver has the element (a rendezvous). Bounded, it waits only while the buffer is
/// full. Senders are served in the order in which they came to wait, and so are receivers. Waiting suspends the task; it
/// occupies no thread. Any number of tasks may send, receive and close at once.
///
/// Cancelling a task ends its wait and nothing else: an element is either sent or not, received or left for another,
/// never lost and never doubled. What needs no wait succeeds in a cancelled task too.
public final class Channel<Element: Sendable>: Sendable {
    let state: Guarded<ChannelState<Element>>

    /// - Parameter capacity: How many elements the buffer holds; 0 is a rendezvous.
    public init(capacity: Int = 0) {
        precondition(capacity >= 0, "a channel's capacity is not negative")
        state = Guarded(ChannelState(capacity: capacity))
    }

    /// Sends an element; waits until a receiver or the buffer takes it.
    ///
    /// - Parameter element: What to send.
    /// - Throws: ``ChannelClosed`` if the channel is or gets closed, `CancellationError` if the task is cancelled while
    ///   it waits. Thrown means not sent.
    public nonisolated(nonsending) func send(_ element: Element) async throws {
        if try trySend(element) { return }
        let ticket = state.withLock { $0.newTicket() }
        let outcome = await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                wait(toSend: SendWaiter(ticket: ticket, element: element, continuation: continuation))
            }
        } onCancel: {
            state.withLock { $0.cancelSender(ticket) }.resume()
        }
        switch outcome {
        case .sent: return
        case .closed: throw ChannelClosed()
        case .cancelled: throw CancellationError()
        }
    }

    /// Sends an element if that needs no wait.
    ///
    /// - Parameter element: What to send.
    /// - Returns: Whether it was sent; if not, it would have had to wait.
    /// - Throws: ``ChannelClosed`` if the channel is closed.
    public func trySend(_ element: Element) throws(ChannelClosed) -> Bool {
        switch state.withLock({ $0.offer(element) }) {
        case .taken(let wake):
            wake.resume()
            return true
        case .full: return false
        case .closed: throw ChannelClosed()
        }
    }

    /// Receives the next element; waits for one.
    ///
    /// - Returns: The element; `nil` once the channel is closed and its buffer drained, or if the task is cancelled
    ///   while it waits (then nothing was taken).
    public nonisolated(nonsending) func receive() async -> Element? {
        if let element = tryReceive() { return element }
        let ticket = state.withLock { $0.newTicket() }
        return await withTaskCancellationHandler {
            await withUnsafeContinuation { continuation in
                wait(toReceive: ticket, continuation)
            }
        } onCancel: {
            state.withLock { $0.cancelReceiver(ticket) }.resume()
        }
    }

    /// Receives the next element if there is one now.
    ///
    /// - Returns: The element; `nil` if none is buffered and no sender waits.
    public func tryReceive() -> Element? {
        guard let (element, wake) = state.withLock({ $0.take() }) else { return nil }
        wake.resume()
        return element
    }

    /// Closes the channel; again does nothing. Buffered elements can still be received, waiting senders throw
    /// ``ChannelClosed``, waiting receivers get `nil`.
    public func close() {
        for wake in state.withLock({ $0.close() }) { wake.resume() }
    }

    /// How many elements are in the buffer now.
    public var count: Int {
        state.withLock { $0.buffer.count }
    }

    // A cancellation marks the task before it calls the handler. So, under the lock: either the mark is seen here, or
    // the handler comes later and finds the waiter.
    private func wait(toSend waiter: SendWaiter<Element>) {
        let (mine, wake): (Wake<Element>, Wake<Element>) = state.withLock { state in
            switch state.offer(waiter.element) {
            case .taken(let receiver): return (.sender(waiter.continuation, .sent), receiver)
            case .closed: return (.sender(waiter.continuation, .closed), .none)
            case .full:
                if Task.isCancelled { return (.sender(waiter.continuation, .cancelled), .none) }
                state.senders.append(waiter)
                return (.none, .none)
            }
        }
        wake.resume()
        mine.resume()
    }

    func wait(toReceive ticket: Ticket, _ continuation: UnsafeContinuation<Element?, Never>) {
        let (mine, wake): (Wake<Element>, Wake<Element>) = state.withLock { state in
            if let (element, sender) = state.take() { return (.receiver(continuation, element), sender) }
            if state.isClosed || Task.isCancelled { return (.receiver(continuation, nil), .none) }
            state.receivers.append(ReceiveWaiter(ticket: ticket, kind: .one(continuation)))
            return (.none, .none)
        }
        wake.resume()
        mine.resume()
    }
}

extension Channel: AsyncSequence {
    /// Receives until the channel is closed and drained, or the task is cancelled while it waits.
    public struct Iterator: AsyncIteratorProtocol {
        let channel: Channel

        /// The next element, as ``Channel/receive()`` gives it.
        public nonisolated(nonsending) func next() async -> Element? {
            await channel.receive()
        }

        /// The next element, as ``Channel/receive()`` gives it.
        public func next(isolation actor: isolated (any Actor)?) async -> Element? {
            await channel.receive()
        }
    }

    /// Begins to receive; several iterators share the elements.
    public func makeAsyncIterator() -> Iterator {
        Iterator(channel: self)
    }
}
