/// Names a waiter, so that a cancelled task finds its own.
typealias Ticket = UInt64

/// How a wait to send ended.
enum SendOutcome: Sendable {
    case sent
    case closed
    case cancelled
}

/// A task that waits to send, with the element it holds out.
struct SendWaiter<Element: Sendable> {
    let ticket: Ticket
    let element: Element
    let continuation: UnsafeContinuation<SendOutcome, Never>
}

/// A task that waits to receive: one element, or a batch that is being gathered.
struct ReceiveWaiter<Element: Sendable> {
    enum Kind {
        case one(UnsafeContinuation<Element?, Never>)
        case batch(Gathering<Element>)
    }

    let ticket: Ticket
    let kind: Kind
}

/// A batch that senders fill while its receiver sleeps, so that a batch costs one wake-up, not one an element.
final class Gathering<Element: Sendable>: @unchecked Sendable {  // guarded by the lock of its channel
    var elements: [Element]
    let limit: Int
    var continuation: UnsafeContinuation<[Element], Never>?

    init(_ elements: [Element], limit: Int) {
        self.elements = elements
        self.limit = limit
    }
}

/// A task to resume once the channel's lock is released.
enum Wake<Element: Sendable>: Sendable {
    case none
    case sender(UnsafeContinuation<SendOutcome, Never>, SendOutcome)
    case receiver(UnsafeContinuation<Element?, Never>, Element?)
    case batch(UnsafeContinuation<[Element], Never>, [Element])

    @inline(__always)
    func resume() {
        switch self {
        case .none: break
        case .sender(let continuation, let outcome): continuation.resume(returning: outcome)
        case .receiver(let continuation, let element): continuation.resume(returning: element)
        case .batch(let continuation, let elements): continuation.resume(returning: elements)
        }
    }
}
