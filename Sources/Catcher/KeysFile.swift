import Logging

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The file of write keys, read at the start and again on SIGHUP.
final class KeysFile: Sendable {
    let path: String
    private let logger: Logger

    /// - Parameters:
    ///   - path: Where the file is.
    ///   - logger: Hears what became of a reading.
    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// Reads the file.
    ///
    /// - Returns: The keys.
    /// - Throws: ``WriteKeysError``.
    func read() throws(WriteKeysError) -> WriteKeys {
        try WriteKeys(json: contents())
    }

    /// Reads the file again; a broken one keeps the old keys and says so.
    ///
    /// - Parameter use: Takes the keys.
    func readAgain(_ use: (WriteKeys) -> Void) {
        do throws(WriteKeysError) {
            use(try read())
            logger.notice("write keys are read again", metadata: ["file": "\(path)"])
        } catch {
            logger.error(
                "the write keys stay as they were: their file cannot be used",
                metadata: ["file": "\(path)", "reason": "\(error)"])
        }
    }

    private func contents() throws(WriteKeysError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw WriteKeysError("it cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = systemRead(file, &buffer, buffer.count)
            guard count >= 0 else { throw WriteKeysError("it cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= 64 << 20 else { throw WriteKeysError("it is over 64 MiB") }
        }
    }
}

/// `read(2)`, which the class's own `read` hides.
private func systemRead(_ file: Int32, _ buffer: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, buffer, count)
}
