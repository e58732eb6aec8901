import AWSCore
import Channels
import Locking

/// How many more messages may be received: what idle workers and the small buffer can start at once, and no more bytes
/// than fit. Receivers reserve before they poll; a message leaves when its worker is done with it.
final class Room: Sendable {
    /// Room for the messages of one poll.
    struct Reservation: Sendable {
        let count: Int
        fileprivate let bytes: Int
    }

    private struct State {
        var slots: Int
        var bytes: Int
        /// How large messages have been lately, at most.
        var expectedSize = 32_768
        var isPaused = false
        var isClosed = false
    }

    private enum Answer {
        case granted(Reservation)
        case wait
        case closed
    }

    /// The largest answer that is asked for: reading it takes several times its size. SQS bills each 64 KiB of an
    /// answer, so that asking for less at a time costs nothing.
    static let bytesPerPoll = ByteCount.kibibytes(320)

    /// Polls for less are put off until that many may come, so that a busy worker does not pay a request a message.
    private let least: Int
    private let totalBytes: Int
    private let state: Guarded<State>
    private let changed = Channel<Void>(capacity: 1)

    /// - Parameters:
    ///   - workers: How many messages are worked at once.
    ///   - buffer: How many more may wait to be started.
    ///   - bytes: How many bytes of messages may be in hand.
    init(workers: Int, buffer: Int, bytes: ByteCount) {
        least = max(1, min(sqsMaxBatchEntries, buffer / 2))
        totalBytes = bytes.bytes
        state = Guarded(State(slots: workers + buffer, bytes: bytes.bytes))
    }

    /// Waits until there is room for a poll.
    ///
    /// - Returns: The room; `nil` once closed.
    func reserve() async -> Reservation? {
        while true {
            switch state.withLock({ answer(&$0) }) {
            case .granted(let reservation):
                signal()  // there may be room for another receiver
                return reservation
            case .closed: return nil
            case .wait: _ = await changed.receive()
            }
        }
    }

    private func answer(_ state: inout State) -> Answer {
        if state.isClosed { return .closed }
        if state.isPaused || state.slots < least { return .wait }
        // A message larger than all the room is taken alone.
        let byBytes = max(state.bytes / state.expectedSize, state.bytes == totalBytes ? 1 : 0)
        let byAnswer = max(1, Self.bytesPerPoll.bytes / state.expectedSize)
        let count = min(sqsMaxBatchEntries, state.slots, byBytes, byAnswer)
        guard count > 0 else { return .wait }
        let reservation = Reservation(count: count, bytes: count * state.expectedSize)
        state.slots -= count
        state.bytes -= reservation.bytes
        return .granted(reservation)
    }

    /// A poll has ended: the room that its messages do not take is free again.
    func settle(_ reservation: Reservation, with sizes: [ByteCount]) {
        state.withLock { state in
            state.slots += reservation.count - sizes.count
            state.bytes += reservation.bytes - sizes.reduce(0) { $0 + $1.bytes }
            for size in sizes {
                state.expectedSize = max(size.bytes, state.expectedSize - state.expectedSize / 16, 4096)
            }
        }
        signal()
    }

    /// A message has left.
    func leave(_ size: ByteCount) {
        state.withLock { state in
            state.slots += 1
            state.bytes += size.bytes
        }
        signal()
    }

    /// Grants nothing until resumed.
    func pause() {
        state.withLock { $0.isPaused = true }
    }

    /// Grants again.
    func resume() {
        let wasPaused = state.withLock { state in
            defer { state.isPaused = false }
            return state.isPaused
        }
        if wasPaused { signal() }
    }

    /// Whether a drain has begun.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Grants nothing any more.
    func close() {
        state.withLock { $0.isClosed = true }
        changed.close()
    }

    private func signal() {
        _ = try? changed.trySend(())
    }
}
