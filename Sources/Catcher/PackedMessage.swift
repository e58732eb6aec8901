import NIOCore

/// A message of the queue, frozen: its bytes stay the same through every send, retry and spooled copy.
final class PackedMessage: Sendable {
    /// The `id` in its body.
    let id: String
    /// The body, byte for byte.
    let bytes: [UInt8]
    /// How many beacons it carries.
    let beacons: Int
    /// What it counts for in the pending bytes: its entries.
    let pendingBytes: Int
    /// When its oldest beacon arrived.
    let openedAt: NIODeadline
    /// The requests that wait for it, by event loop.
    let waiting: [[PendingAnswer]]

    init(
        id: String, bytes: [UInt8], beacons: Int, pendingBytes: Int, openedAt: NIODeadline, waiting: [[PendingAnswer]]
    ) {
        self.id = id
        self.bytes = bytes
        self.beacons = beacons
        self.pendingBytes = pendingBytes
        self.openedAt = openedAt
        self.waiting = waiting
    }
}
