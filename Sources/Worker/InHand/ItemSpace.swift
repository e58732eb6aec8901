import AWSCore
import Beacons
import Channels
import Locking

/// How many bytes of items may wait for the table. A message may come to several hundred times its size in items, as each
/// of its events carries what its beacon says: where the space is full, workers put off the next slice, or message.
final class ItemSpace: Sendable {
    private let limit: Int
    private let used = Guarded(0)
    private let changed = Channel<Void>(capacity: 1)

    /// - Parameter bytes: The bound. What one slice a core comes to goes over it, as that is known only then.
    init(bytes: ByteCount) {
        limit = bytes.bytes
    }

    /// Waits while the space is full, then takes as much as a message has: its items have no less.
    func reserve(_ message: ByteCount) async {
        while !isTaken(message) { _ = await changed.receive() }
        // There may be space for another worker.
        signal()
    }

    private func isTaken(_ message: ByteCount) -> Bool {
        used.withLock { used in
            if used > limit { return false }
            used += message.bytes
            return true
        }
    }

    /// Takes what the items have, full or not, for what was reserved.
    ///
    /// - Returns: Their size, to be given back.
    func settle(_ message: ByteCount, with items: [Item]) -> ByteCount {
        let size = items.reduce(0) { $0 + $1.json.count }
        used.withLock { $0 += size - message.bytes }
        return .bytes(size)
    }

    /// Gives space back.
    func give(_ size: ByteCount) {
        used.withLock { $0 -= size.bytes }
        signal()
    }

    private func signal() {
        _ = try? changed.trySend(())
    }
}
