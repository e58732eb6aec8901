/// What a channel's lock guards: the buffer and those who wait. Each operation says whom to resume, and resumes no one.
///
/// Two invariants make it FIFO: receivers wait only while the buffer is empty and no sender waits, and senders wait
/// only while the buffer is full.
struct ChannelState<Element: Sendable> {
    let capacity: Int
    var isClosed = false
    var buffer = RingBuffer<Element>()
    var senders = RingBuffer<SendWaiter<Element>>()
    var receivers = RingBuffer<ReceiveWaiter<Element>>()
    private var lastTicket: Ticket = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    enum Offer {
        case taken(Wake<Element>)
        case full
        case closed
    }

    mutating func newTicket() -> Ticket {
        lastTicket &+= 1
        return lastTicket
    }

    /// Sends without waiting, if a receiver waits or the buffer has room.
    mutating func offer(_ element: Element) -> Offer {
        if isClosed { return .closed }
        if let receiver = receivers.first { return .taken(give(element, to: receiver)) }
        guard buffer.count < capacity else { return .full }
        buffer.append(element)
        return .taken(.none)
    }

    private mutating func give(_ element: Element, to receiver: ReceiveWaiter<Element>) -> Wake<Element> {
        switch receiver.kind {
        case .one(let continuation):
            _ = receivers.popFirst()
            return .receiver(continuation, element)
        case .batch(let gathering):
            gathering.elements.append(element)
            guard gathering.elements.count >= gathering.limit else { return .none }
            _ = receivers.popFirst()
            return finish(gathering)
        }
    }

    /// Receives without waiting: from the buffer, whose place the first waiting sender takes, or from that sender.
    mutating func take() -> (element: Element, wake: Wake<Element>)? {
        if let element = buffer.popFirst() {
            guard let sender = senders.popFirst() else { return (element, .none) }
            buffer.append(sender.element)
            return (element, .sender(sender.continuation, .sent))
        }
        guard let sender = senders.popFirst() else { return nil }
        return (sender.element, .sender(sender.continuation, .sent))
    }

    /// Closes, once; afterwards no one waits.
    mutating func close() -> [Wake<Element>] {
        guard !isClosed else { return [] }
        isClosed = true
        return senders.removeAll().map { .sender($0.continuation, .closed) }
            + receivers.removeAll().map { end($0) }
    }

    mutating func cancelSender(_ ticket: Ticket) -> Wake<Element> {
        guard let sender = senders.removeFirst(where: { $0.ticket == ticket }) else { return .none }
        return .sender(sender.continuation, .cancelled)
    }

    /// Ends a receiver's wait, for cancellation or for time; what a batch has gathered so far is its own.
    mutating func cancelReceiver(_ ticket: Ticket) -> Wake<Element> {
        guard let receiver = receivers.removeFirst(where: { $0.ticket == ticket }) else { return .none }
        return end(receiver)
    }

    private func end(_ receiver: ReceiveWaiter<Element>) -> Wake<Element> {
        switch receiver.kind {
        case .one(let continuation): .receiver(continuation, nil)
        case .batch(let gathering): finish(gathering)
        }
    }

    private func finish(_ gathering: Gathering<Element>) -> Wake<Element> {
        guard let continuation = gathering.continuation else { return .none }
        gathering.continuation = nil
        return .batch(continuation, gathering.elements)
    }
}
