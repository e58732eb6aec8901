#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Why a file gives no bytes.
struct FileError: Error, Hashable {
    /// Whether there is no such file.
    let isMissing: Bool
    /// The system's words, or ours.
    let reason: String
}

/// Configuration files and tokens: small, read whole.
enum SmallFile {
    /// More than any shared file or token is; a path set by mistake to a device ends here.
    static let maxSize = ByteCount.mebibytes(1)

    static func read(_ path: String) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16 << 10)
        var count = 0
        while true {
            if count == bytes.count {
                guard bytes.count < maxSize.bytes else {
                    throw FileError(isMissing: false, reason: "larger than \(maxSize.bytes) bytes")
                }
                bytes.append(contentsOf: repeatElement(0, count: bytes.count))
            }
            let got = bytes.withUnsafeMutableBytes { buffer in
                Self.read(descriptor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
            }
            if got == 0 { break }
            if got > 0 {
                count += got
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    private static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        #if canImport(Darwin)
            Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #else
            Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }

    private static func failure(_ code: Int32) -> FileError {
        FileError(isMissing: code == ENOENT || code == ENOTDIR, reason: String(cString: strerror(code)))
    }
}
