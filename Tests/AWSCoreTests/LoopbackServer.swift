import Locking

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A TCP server on 127.0.0.1 whose handler does with each connection what a test wants: real sockets, no HTTP library.
final class LoopbackServer: Sendable {
    typealias Handler = @Sendable (Connection) -> Void

    let port: UInt16
    private let descriptor: Int32
    private let accepted = Guarded(0)

    /// Connections accepted so far.
    var connections: Int { accepted.withLock { $0 } }
    var url: String { "http://127.0.0.1:\(port)/" }

    /// A connection that a handler owns; closed when the handler returns.
    struct Connection: Sendable {
        let descriptor: Int32
        /// The connection's number, from 0.
        let index: Int

        /// Reads one request with its body; `nil` once the client has closed.
        func readRequest() -> String? {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                let text = String(decoding: bytes, as: UTF8.self)
                if let end = text.range(of: "\r\n\r\n") {
                    let length = text.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                        .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
                    if text[end...].utf8.count - 4 >= length ?? 0 { return text }
                }
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return nil }
                bytes.append(contentsOf: buffer[..<count])
            }
        }

        func write(_ text: String) {
            let bytes = Array(text.utf8)
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes {
                    send(descriptor, $0.baseAddress?.advanced(by: sent), bytes.count - sent, noSignal)
                }
                guard count > 0 else { return }
                sent += count
            }
        }

        func respond(_ body: String, status: String = "200 OK", headers: String = "") {
            write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
        }

        /// Waits until the client closes.
        func waitForClose() {
            var byte: UInt8 = 0
            while recv(descriptor, &byte, 1, 0) > 0 {}
        }

        #if canImport(Darwin)
            private var noSignal: Int32 { 0 }
        #else
            private var noSignal: Int32 { Int32(MSG_NOSIGNAL) }
        #endif
    }

    init(_ handler: @escaping Handler) throws {
        #if canImport(Darwin)
            descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                guard bind(descriptor, generic, length) == 0, listen(descriptor, 64) == 0 else { return Int32(-1) }
                return getsockname(descriptor, generic, &length)
            }
        }
        guard status == 0 else { throw Failure() }
        port = UInt16(bigEndian: address.sin_port)
        Self.startThread { [self] in
            while true {
                let client = accept(descriptor, nil, nil)
                guard client >= 0 else { return }
                let index = accepted.withLock { count in
                    defer { count += 1 }
                    return count
                }
                Self.startThread {
                    handler(Connection(descriptor: client, index: index))
                    close(client)
                }
            }
        }
    }

    /// Stops accepting.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }

    private struct Failure: Error {}

    private static func startThread(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let box = Unmanaged.passRetained(Box(body)).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            pthread_create(
                &thread, nil,
                { context in
                    Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
                    return nil
                }, box)
            if let thread { pthread_detach(thread) }
        #else
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
                    return nil
                }, box)
            pthread_detach(thread)
        #endif
    }
}

extension StringProtocol {
    fileprivate func range(of other: String) -> Index? {
        var index = startIndex
        while index < endIndex {
            if self[index...].utf8.starts(with: other.utf8) { return index }
            index = utf8.index(after: index)
        }
        return nil
    }
}
