#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Standard output, for a person.
enum Console {
    /// Whether a person may be looking on.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether a person may type, Ctrl-C included.
    static var isInteractive: Bool { isatty(STDIN_FILENO) == 1 }

    static func say(_ line: String) {
        write("\(line)\n")
    }

    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = writeBytes(buffer.baseAddress?.advanced(by: written), buffer.count - written)
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    private static func writeBytes(_ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        #if canImport(Darwin)
            Darwin.write(STDOUT_FILENO, bytes, count)
        #else
            Glibc.write(STDOUT_FILENO, bytes, count)
        #endif
    }
}

/// A number with commas between its thousands.
func grouped(_ number: Int) -> String {
    var text = ""
    for (position, digit) in String(number.magnitude).reversed().enumerated() {
        if position > 0 && position % 3 == 0 { text = ",\(text)" }
        text = "\(digit)\(text)"
    }
    return number < 0 ? "-\(text)" : text
}
