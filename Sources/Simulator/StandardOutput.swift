#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Standard output, unbuffered: whoever starts the simulator waits for its line.
enum StandardOutput {
    static func line(_ text: String) {
        let bytes = Array("\(text)\n".utf8)
        _ = bytes.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
    }
}
