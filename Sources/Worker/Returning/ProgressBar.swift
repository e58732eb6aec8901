import Channels

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// How far a command has come, on standard error: a bar on a terminal, else a line a thousand.
final class ProgressBar: Sendable {
    private let noun: String
    private let total: Int?
    private let isTerminal: Bool
    private let write: @Sendable (String) -> Void
    private let done = SharedCount(0)

    /// Whether somebody looks: standard error is a terminal.
    static var isShown: Bool { isatty(STDERR_FILENO) == 1 }

    /// - Parameters:
    ///   - noun: What is counted.
    ///   - total: How many there are, about; `nil` where nobody knows.
    ///   - isTerminal: Whether to draw a bar.
    ///   - write: Takes text to show.
    init(
        _ noun: String, of total: Int?, isTerminal: Bool = ProgressBar.isShown,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.noun = noun
        self.total = total
        self.isTerminal = isTerminal
        self.write = write
    }

    /// Counts more. From one task at a time.
    func advance(_ count: Int) {
        let before = done.value
        done.add(count)
        let now = done.value
        if isTerminal {
            write("\r\(text(now))\u{1B}[K")
        } else if before / 1000 < now / 1000 {
            write("\(text(now))\n")
        }
    }

    /// Ends the bar's line.
    func end() {
        if isTerminal, done.value > 0 { write("\n") }
    }

    private func text(_ now: Int) -> String {
        guard let total, total > 0 else { return "\(now) \(noun)" }
        // What is there was counted before, and grows or shrinks.
        let filled = min(30, now * 30 / total)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        return isTerminal ? "[\(bar)] \(now) of about \(max(now, total)) \(noun)" : "\(now) of about \(total) \(noun)"
    }
}
