#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A TCP connection to 127.0.0.1 that sends bytes as they are. It blocks, each read for 20 s at most.
final class Socket {
    private let descriptor: Int32
    private var received = ""

    init(port: Int) throws {
        #if canImport(Darwin)
            let kind = SOCK_STREAM
        #else
            let kind = Int32(SOCK_STREAM.rawValue)
        #endif
        descriptor = socket(AF_INET, kind, 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw Obstacle("no connection: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Sends bytes.
    func write(_ text: String) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 else { throw Obstacle("nothing can be sent: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    /// Reads one answer: its head's lines, and its body by `Content-Length`.
    func readAnswer() throws -> (head: [String], body: String) {
        while true {
            if let end = received.firstRange(of: "\r\n\r\n") {
                let head = received[..<end.lowerBound].split(separator: "\r\n").map(String.init)
                let length =
                    head.first { $0.lowercased().hasPrefix("content-length: ") }
                    .flatMap { Int($0.dropFirst(16)) } ?? 0
                let rest = received[end.upperBound...].utf8
                if rest.count >= length {
                    let body = String(decoding: rest.prefix(length), as: UTF8.self)
                    received = String(decoding: rest.dropFirst(length), as: UTF8.self)
                    return (head, body)
                }
            }
            guard try !readMore().isEmpty else { throw Obstacle("closed within an answer: \(received)") }
        }
    }

    /// Reads until the other end closes.
    ///
    /// - Returns: What came before that.
    func readToEnd() throws -> String {
        while try !readMore().isEmpty {}
        return received
    }

    private func readMore() throws -> ArraySlice<UInt8> {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Obstacle("nothing came: \(String(cString: strerror(errno)))") }
        received += String(decoding: buffer[..<count], as: UTF8.self)
        return buffer[..<count]
    }
}
