import AWSCore
import Foundation

/// The table of `docs/FAULTS.md`: what the tests expect, for people to read.
enum FaultTable {
    /// The lines of the table without its head.
    static func documented() throws -> [String] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/FAULTS.md")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { $0.hasPrefix("| `") }
    }

    /// What happened to one operation under one fault.
    static func cell(
        _ subject: Subject, _ reported: Reported, held: Set<Int>, copies: Int, _ counts: CallMetrics
    ) -> String {
        var parts: [String] = []
        if let error = reported.error {
            parts.append("**\(error.code)**, \(error.category)")
        } else if reported.done.count == subject.count {
            parts.append("done")
        } else {
            parts.append("\(reported.done.count) of \(subject.count) done")
        }
        for (code, count) in reported.failed.sorted(by: { $0.key < $1.key }) { parts.append("\(count) **\(code)**") }
        let reasons = counts.reasons.isEmpty ? "" : " (\(counts.reasons.joined(separator: ", ")))"
        if counts.attempts > 1 { parts.append("\(counts.attempts) tries\(reasons)") }
        if subject == .receive {
            let later = subject.count - reported.done.count
            if later > 0 { parts.append("\(later) come later") }
        } else if held.count != reported.done.count {
            parts.append(held.isEmpty ? "none held" : "\(held.count) held")
        }
        if copies > 1 { parts.append("held \(copies) times") }
        return parts.joined(separator: "; ")
    }
}
