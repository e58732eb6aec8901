public import NIOCore
import Synchronization

/// Counts the connections of a listener against a limit.
public final class ConnectionCount: Sendable {
    private let limit: Int
    private let open = Atomic<Int>(0)

    /// - Parameter limit: How many may be open at a time.
    public init(limit: Int) {
        self.limit = limit
    }

    /// How many are open now.
    public var count: Int { open.load(ordering: .relaxed) }

    /// Counts a connection until it closes.
    ///
    /// - Parameter channel: The connection.
    /// - Returns: `false` where it is one too many; then it is not counted, and the caller closes it.
    public func admit(_ channel: any Channel) -> Bool {
        let (_, count) = open.add(1, ordering: .relaxed)
        guard count <= limit else {
            open.subtract(1, ordering: .relaxed)
            return false
        }
        channel.closeFuture.whenComplete { [self] _ in open.subtract(1, ordering: .relaxed) }
        return true
    }
}
