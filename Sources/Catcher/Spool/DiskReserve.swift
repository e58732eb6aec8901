import Locking

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Room on the disk that is kept for the day it is full: a file that is given back then.
final class DiskReserve: Sendable {
    private static let size = 1 << 20

    private enum State {
        case none, taken, given
    }

    private let path: String
    private let state = Guarded(State.none)

    /// - Parameter path: The file.
    init(path: String) {
        self.path = path
    }

    /// Whether the room has been given back, or was not to be had, and has not been taken since.
    var isGiven: Bool { state.withLock { $0 == .given } }

    /// Takes the room, if there is enough. Where there is not, it counts as given back: a process that is killed on a
    /// full disk leaves none to the next.
    ///
    /// - Returns: Whether the room is kept now.
    @discardableResult
    func take() -> Bool {
        let isWhole = write()
        if !isWhole { unlink(path) }
        state.withLock { $0 = isWhole ? .taken : .given }
        return isWhole
    }

    private func write() -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        // Written, not only allocated: some file systems promise what they do not have.
        let block = [UInt8](repeating: 0, count: 65_536)
        for position in stride(from: 0, to: Self.size, by: block.count) {
            guard pwrite(file, block, block.count, off_t(position)) == block.count else { return false }
        }
        return true
    }

    /// Gives the room back to whoever needs it first.
    ///
    /// - Returns: Whether there was any.
    func giveBack() -> Bool {
        let hadSome = state.withLock { state in
            guard state == .taken else { return false }
            state = .given
            return true
        }
        if hadSome { unlink(path) }
        return hadSome
    }
}
