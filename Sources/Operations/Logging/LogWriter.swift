public import AWSCore
public import ArgumentParser
public import Logging

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// How log lines look.
public enum LogFormat: String, SettingValue, CaseIterable {
    /// For a person.
    case text
    /// One JSON object a line.
    case json
}

extension Logger.Level: SettingValue {}

/// The options of logging, the same in every executable.
public struct LogOptions: ParsableArguments {
    /// How lines look; absent: as the kind of standard error says.
    @Option(
        "log-format", env: "LOG_FORMAT", unset: "text on a terminal, else json",
        help: "How log lines look: text or json.")
    public var format: LogFormat?

    /// The least level that is logged.
    @Option("log-level", env: "LOG_LEVEL", default: "info", help: "The least level that is logged.")
    public var level: Logger.Level

    /// Options for a command line to fill.
    public init() {}

    /// Sends the logs of the whole process to standard error. Called once, before the first logger is made.
    public func start() {
        let format = format ?? (isatty(STDERR_FILENO) == 1 ? .text : .json)
        let level = level
        LoggingSystem.bootstrap { label in
            LogWriter(label: label, level: level, format: format, now: Timestamp.now, output: LogWriter.standardError)
        }
    }
}

/// A swift-log backend that hands each entry on as one whole line.
public struct LogWriter: LogHandler {
    /// The least level that is logged.
    public var logLevel: Logger.Level
    /// What is added to every entry.
    public var metadata: Logger.Metadata = [:]
    /// What adds metadata of the task at hand.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogFormat
    private let now: @Sendable () -> Timestamp
    private let output: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - label: The logger's name.
    ///   - level: The least level that is logged.
    ///   - format: How lines look.
    ///   - now: The wall clock.
    ///   - output: Takes a line, its line feed included; called from any thread.
    public init(
        label: String, level: Logger.Level, format: LogFormat, now: @escaping @Sendable () -> Timestamp,
        output: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.now = now
        self.output = output
    }

    /// One metadata value of every entry.
    public subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an entry; of equal metadata keys the entry's own wins, then the provider's.
    public func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get() { merged.merge(provided) { $1 } }
        if let own = event.metadata { merged.merge(own) { $1 } }
        if let error = event.error { merged["error"] = "\(error)" }
        let line = LogLine(
            time: now(), level: event.level, label: label, message: event.message.description,
            metadata: merged.sorted { $0.key < $1.key }.map { (key: $0.key, value: $0.value) })
        output(format == .json ? line.json() : line.text())
    }

    /// Writes a line to standard error with one `write(2)`, so that lines of several threads do not mix. A line that
    /// standard error does not take is dropped: there is nowhere to say so.
    public static let standardError: @Sendable ([UInt8]) -> Void = { line in
        line.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let count = write(STDERR_FILENO, bytes.baseAddress?.advanced(by: written), bytes.count - written)
                if count > 0 {
                    written += count
                } else if errno != EINTR {
                    return
                }
            }
        }
    }
}
