#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Keeps a folder to one process, for as long as the lock lives or the process does.
final class FolderLock: Sendable {
    private let file: Int32

    /// - Parameter folder: The folder.
    /// - Throws: ``SpoolError`` where another process has it, or it is not writable.
    init(folder: String) throws {
        let file = open("\(folder)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SpoolError.broken("\(folder): \(String(cString: strerror(errno)))") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno == EWOULDBLOCK ? "belongs to another process" : String(cString: strerror(errno))
            close(file)
            throw SpoolError.broken("\(folder) \(reason)")
        }
        // Last: an initialiser that throws after this would run `deinit`, too, and close somebody else's file.
        self.file = file
    }

    deinit {
        close(file)
    }
}
