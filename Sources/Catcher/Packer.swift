import AWSCore
import Beacons
import NIOConcurrencyHelpers
import NIOCore

/// 2. Packs beacons of all connections and event loops into messages.
///
/// One message is open at a time. It closes when the next beacon does not fit or when its oldest beacon has lingered;
/// a beacon that is larger than a message should be goes alone. It has no timer and sends nothing: ``add`` says what
/// closed and what opened, and the caller acts, outside of the lock.
// @unchecked Sendable: `open`, `ids`, `serial` and `pendingBytes` are read and written under `lock` only.
final class Packer: @unchecked Sendable {
    /// The beacons of one request, as entries of the envelope, one behind the other.
    struct Entries {
        var bytes: [UInt8] = []
        /// Where each ends.
        var ends: [Int] = []

        mutating func removeAll() {
            bytes.removeAll(keepingCapacity: true)
            ends.removeAll(keepingCapacity: true)
        }
    }

    /// What became of a request's beacons.
    enum Verdict {
        /// They are in messages. Those that closed are to be sent; one that opened closes after the linger.
        case packed(closed: [PackedMessage], opened: Int?)
        /// The pending bytes are full; nothing was taken.
        case full
        /// A beacon is larger, with its envelope, than a message of the queue may be; nothing was taken.
        case tooLarge(limit: ByteCount)
    }

    /// A class, so that its bytes grow in place.
    private final class OpenMessage {
        let serial: Int
        let id: UUIDv7
        let openedAt: NIODeadline
        var bytes: [UInt8] = []
        var beacons = 0
        var waiting: [[PendingAnswer]]

        init(serial: Int, id: UUIDv7, openedAt: NIODeadline, loops: Int) {
            self.serial = serial
            self.id = id
            self.openedAt = openedAt
            waiting = Array(repeating: [], count: loops)
        }
    }

    private let configuredLimit: ByteCount
    private let pendingLimit: ByteCount
    private let loops: Int
    private let clock: @Sendable () -> Timestamp
    private let lock = NIOLock()
    private var ids: UUIDv7Generator
    private var serial = 0
    private var open: OpenMessage?
    private var pending = 0
    /// What a message is filled up to.
    private var messageLimit: ByteCount
    /// What a message may be at most.
    private var queueLimit = sqsMaxBatchSize

    /// - Parameters:
    ///   - messageLimit: What a message is filled up to.
    ///   - pendingLimit: How much may be waiting for the queue, all messages together.
    ///   - loops: How many event loops add.
    ///   - ids: Makes the messages' ids.
    ///   - clock: The time, for the ids.
    init(
        messageLimit: ByteCount, pendingLimit: ByteCount, loops: Int, ids: UUIDv7Generator = UUIDv7Generator(),
        clock: @escaping @Sendable () -> Timestamp
    ) {
        configuredLimit = messageLimit
        self.messageLimit = messageLimit
        self.pendingLimit = pendingLimit
        self.loops = loops
        self.ids = ids
        self.clock = clock
    }

    /// Bytes that wait: entries for the queue, bodies for their ends.
    var pendingBytes: Int { lock.withLock { pending } }

    /// Honours a queue that takes less than SQS's own limit.
    ///
    /// - Parameter limit: The queue's `MaximumMessageSize`.
    func setQueueLimit(_ limit: ByteCount) {
        lock.withLock {
            queueLimit = min(limit, sqsMaxBatchSize)
            messageLimit = min(configuredLimit, queueLimit)
        }
    }

    /// Adds the beacons of one request, all or none.
    ///
    /// - Parameters:
    ///   - entries: The beacons, at least one.
    ///   - answer: The request; it is told how many messages it waits for.
    ///   - loop: The position of its event loop.
    ///   - now: The time, which the linger counts from.
    /// - Returns: What became of them.
    func add(_ entries: borrowing Entries, for answer: PendingAnswer, loop: Int, now: NIODeadline) -> Verdict {
        lock.lock()
        defer { lock.unlock() }
        guard fitQueue(entries) else { return .tooLarge(limit: queueLimit) }
        guard pending + entries.bytes.count <= pendingLimit.bytes else { return .full }
        pending += entries.bytes.count
        var closed: [PackedMessage] = []
        var opened: Int?
        var start = 0
        // Whether this request waits for the open message already.
        var isWaiting = false
        for end in entries.ends {
            let size = end - start
            if EnvelopeWriter.messageSize(entries: 1, entryBytes: size) > messageLimit.bytes {
                let alone = newMessage(now)
                append(entries, start..<end, to: alone)
                wait(answer, for: alone, loop)
                closed.append(freeze(alone))
            } else {
                if let message = open, !fits(size, message) {
                    closed.append(freeze(message))
                    open = nil
                    opened = nil
                    isWaiting = false
                }
                let message: OpenMessage
                if let open {
                    message = open
                } else {
                    message = newMessage(now)
                    open = message
                    opened = message.serial
                }
                append(entries, start..<end, to: message)
                if !isWaiting { wait(answer, for: message, loop) }
                isWaiting = true
            }
            start = end
        }
        return .packed(closed: closed, opened: opened)
    }

    /// Counts bytes of a body that has not come whole among the pending ones.
    ///
    /// - Parameter bytes: How many.
    /// - Returns: Whether there is room for them; if not, they are not counted.
    func hold(_ bytes: Int) -> Bool {
        lock.withLock {
            guard pending + bytes <= pendingLimit.bytes else { return false }
            pending += bytes
            return true
        }
    }

    /// Takes bytes out of the count that ``hold(_:)`` has put in.
    func release(_ bytes: Int) {
        lock.withLock { pending -= bytes }
    }

    /// Closes a message whose oldest beacon has lingered.
    ///
    /// - Parameter serial: Which, as ``add`` said; `nil` for whichever is open.
    /// - Returns: The message to send; `nil` if it has closed already.
    func close(_ serial: Int? = nil) -> PackedMessage? {
        lock.lock()
        defer { lock.unlock() }
        guard let message = open, serial == nil || message.serial == serial else { return nil }
        open = nil
        return freeze(message)
    }

    /// Takes a message's bytes out of the pending count: it is durable, or given up.
    func settled(_ message: PackedMessage) {
        lock.withLock { pending -= message.pendingBytes }
    }

    private func fitQueue(_ entries: borrowing Entries) -> Bool {
        var start = 0
        for end in entries.ends {
            if EnvelopeWriter.messageSize(entries: 1, entryBytes: end - start) > queueLimit.bytes { return false }
            start = end
        }
        return true
    }

    private func fits(_ size: Int, _ message: OpenMessage) -> Bool {
        message.bytes.count + EnvelopeWriter.separatorSize + size + EnvelopeWriter.closeSize <= messageLimit.bytes
    }

    private func newMessage(_ now: NIODeadline) -> OpenMessage {
        serial += 1
        let message = OpenMessage(serial: serial, id: ids.next(at: clock()), openedAt: now, loops: loops)
        message.bytes.reserveCapacity(min(messageLimit.bytes, 64 << 10))
        EnvelopeWriter.open(id: message.id, to: &message.bytes)
        return message
    }

    private func append(_ entries: borrowing Entries, _ range: Range<Int>, to message: OpenMessage) {
        if message.beacons > 0 { EnvelopeWriter.separate(&message.bytes) }
        entries.bytes.withUnsafeBytes { bytes in
            message.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
        }
        message.beacons += 1
    }

    private func wait(_ answer: PendingAnswer, for message: OpenMessage, _ loop: Int) {
        message.waiting[loop].append(answer)
        answer.messages += 1
    }

    private func freeze(_ message: OpenMessage) -> PackedMessage {
        let entryBytes =
            message.bytes.count - EnvelopeWriter.openSize - EnvelopeWriter.separatorSize * (message.beacons - 1)
        EnvelopeWriter.close(&message.bytes)
        // It may wait for long: a message that closed half empty does not keep the room it was given to grow.
        let isRoomy = message.bytes.capacity > 2 * message.bytes.count
        let bytes = isRoomy ? message.bytes.withUnsafeBytes { Array($0) } : message.bytes
        return PackedMessage(
            id: message.id.description, bytes: bytes, beacons: message.beacons, pendingBytes: entryBytes,
            openedAt: message.openedAt, waiting: message.waiting)
    }
}
