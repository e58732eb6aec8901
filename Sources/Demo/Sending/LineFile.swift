import ArgumentParser
import Locking

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A file that lines are added to, from any task.
final class LineFile: Sendable {
    private let descriptor: Int32
    private let path: String
    private let pending = Guarded<[UInt8]>([])

    /// Creates the file; what it held is gone.
    init(creating path: String) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ValidationError("--ids: \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Adds lines, together.
    func append(_ lines: [String]) {
        pending.withLock { pending in
            for line in lines { pending += "\(line)\n".utf8 }
            if pending.count >= 65_536 { Self.flush(&pending, to: descriptor) }
        }
    }

    deinit {
        pending.withLock { Self.flush(&$0, to: descriptor) }
        close(descriptor)
    }

    private static func flush(_ pending: inout [UInt8], to descriptor: Int32) {
        pending.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                guard count > 0 || errno == EINTR else { return }
                written += max(count, 0)
            }
        }
        pending.removeAll(keepingCapacity: true)
    }
}
