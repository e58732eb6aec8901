import Synchronization

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Room on the disk that is kept for the day it is full: a file that is given back then.
final class DiskReserve: Sendable {
    private static let size = 1 << 20

    private let path: String
    private let isTaken = Mutex(false)

    /// - Parameter path: The file.
    init(path: String) {
        self.path = path
    }

    /// Whether the room has been given back.
    var isGiven: Bool { isTaken.withLock { !$0 } }

    /// Takes the room, if there is enough.
    func take() {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        defer { close(file) }
        // Written, not only allocated: some file systems promise what they do not have.
        let block = [UInt8](repeating: 0, count: 65_536)
        for position in stride(from: 0, to: Self.size, by: block.count) {
            guard pwrite(file, block, block.count, off_t(position)) == block.count else {
                unlink(path)
                return
            }
        }
        isTaken.withLock { $0 = true }
    }

    /// Gives the room back to whoever needs it first.
    ///
    /// - Returns: Whether there was any.
    func giveBack() -> Bool {
        let hadSome = isTaken.withLock { isTaken in
            defer { isTaken = false }
            return isTaken
        }
        if hadSome { unlink(path) }
        return hadSome
    }
}
