import Locking

/// How far something has come: a bar that moves on a terminal, a line every fifth part otherwise.
final class Progress: Sendable {
    private let title: String
    private let total: Int
    private let isBar: Bool
    private let write: @Sendable (String) -> Void
    private let state = Guarded((done: 0, shown: -1))

    /// - Parameters:
    ///   - title: What is counted, such as `beacons sent`.
    ///   - total: How many there will be.
    ///   - isBar: Whether to draw a bar.
    ///   - write: Takes text to show.
    init(
        _ title: String, of total: Int, isBar: Bool = Console.isTerminal,
        write: @escaping @Sendable (String) -> Void = Console.write
    ) {
        self.title = title
        self.total = total
        self.isBar = isBar
        self.write = write
    }

    /// Counts more.
    func advance(by count: Int = 1) {
        show { $0 + count }
    }

    /// Sets the count.
    func reach(_ count: Int) {
        show { max($0, count) }
    }

    private func show(_ change: (Int) -> Int) {
        let line: String? = state.withLock { state in
            state.done = min(change(state.done), total)
            let percent = total == 0 ? 100 : state.done * 100 / total
            let step = isBar ? percent : percent / 20
            guard step > state.shown else { return nil }
            state.shown = step
            return text(state.done, percent)
        }
        if let line { write(line) }
    }

    private func text(_ done: Int, _ percent: Int) -> String {
        let count = "\(grouped(done)) of \(grouped(total)) \(title)"
        guard isBar else { return "  \(count)\n" }
        let filled = percent * 30 / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        return "\r  \(bar) \(count)\(percent == 100 ? "\n" : "")"
    }
}
