#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What a process holds, as the operating system counts it.
struct ProcessFigures: Sendable {
    /// Open file descriptors, without the connections that a server of this process has accepted.
    var descriptors = 0
    /// Connections to the server.
    var connections = 0
    /// Resident memory, in KiB; 0 where it cannot be told.
    var residentKiB = 0

    /// - Parameter port: The server's port on this machine.
    init(port: Int) {
        for descriptor in 0..<Self.limit where fcntl(descriptor, F_GETFD) >= 0 {
            if Self.port(descriptor, getsockname) == port { continue }
            descriptors += 1
            if Self.port(descriptor, getpeername) == port { connections += 1 }
        }
        #if os(Linux)
            residentKiB = Self.resident()
        #endif
    }

    /// Descriptors are given out from the lowest; the soak uses some hundreds.
    private static let limit: Int32 = 4096

    private static func port(
        _ descriptor: Int32,
        _ name: (Int32, UnsafeMutablePointer<sockaddr>?, UnsafeMutablePointer<socklen_t>?) -> Int32
    ) -> Int? {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name(descriptor, $0, &length) }
        }
        guard status == 0, Int32(address.sin_family) == AF_INET else { return nil }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    #if os(Linux)
        private static func resident() -> Int {
            guard let file = fopen("/proc/self/statm", "r") else { return 0 }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 256)
            guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
            let fields = String(decoding: line.map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: " ")
            return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE))) / 1024 : 0
        }
    #endif
}
