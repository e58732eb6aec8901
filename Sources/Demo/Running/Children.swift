import Locking

/// What the demo has started, to be stopped in the other order.
final class Children: Sendable {
    private let children = Guarded<[ChildProcess]>([])

    func add(_ child: ChildProcess) {
        children.withLock { $0.append(child) }
    }

    /// Stops the servers, each after those that need it, and returns when all have ended.
    func stop() async {
        let all = children.withLock { children in
            defer { children = [] }
            return children
        }
        for child in all.reversed() { await child.stop() }
    }
}
