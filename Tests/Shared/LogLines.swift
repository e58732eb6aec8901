import Locking
import Logging

/// Keeps what is logged: level, message, then the metadata in the order of their names.
final class LogLines: Sendable {
    private let entries = Guarded<[String]>([])

    var lines: [String] { entries.withLock { $0 } }

    func logger(_ level: Logger.Level = .info) -> Logger {
        var logger = Logger(label: "test") { _ in Handler(lines: self) }
        logger.logLevel = level
        return logger
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let details = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            let line = "\(event.level) \(event.message) \(details.joined(separator: " "))"
            lines.entries.withLock { $0.append(line) }
        }
    }
}
