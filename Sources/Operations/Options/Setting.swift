import Locking
public import ArgumentParser

/// Options that are a flag and an environment variable at once, declared in one line:
///
/// ```swift
/// @Option("linger", env: "CATCHER_LINGER", default: "100ms", help: "How long beacons wait to share a message.")
/// var linger: Duration
/// ```
///
/// The flag wins over the variable, the variable over the default; an empty variable counts as unset. A bad value is
/// refused by ``Settings/parse(_:arguments:environment:)``.
extension Option {
    /// An option with a default.
    ///
    /// - Parameters:
    ///   - name: The flag, without dashes.
    ///   - env: The environment variable.
    ///   - defaultText: The default, as a person would write it.
    ///   - help: What it does, as a sentence.
    public init(_ name: String, env: String, default defaultText: String, help: String) where Value: SettingValue {
        self.init(
            Setting(
                name: name, env: env, defaultText: defaultText, help: help, accepted: Value.accepted,
                parse: Value.init(setting:)))
    }

    /// An option with a default and bounds.
    ///
    /// - Parameters:
    ///   - name: The flag, without dashes.
    ///   - env: The environment variable.
    ///   - defaultText: The default, as a person would write it.
    ///   - bounds: The least and the greatest value accepted, as a person would write them.
    ///   - help: What it does, as a sentence.
    public init(
        _ name: String, env: String, default defaultText: String, from bounds: (least: String, greatest: String),
        help: String
    ) where Value: SettingValue & Comparable {
        guard let least = Value(setting: bounds.least), let greatest = Value(setting: bounds.greatest) else {
            preconditionFailure("the bounds of --\(name) do not parse")
        }
        self.init(
            Setting(
                name: name, env: env, defaultText: defaultText, help: help,
                accepted: "\(Value.accepted), from \(bounds.least) to \(bounds.greatest)"
            ) { text in
                Value(setting: text).flatMap { least <= $0 && $0 <= greatest ? $0 : nil }
            })
    }

    /// An option that may be absent.
    ///
    /// - Parameters:
    ///   - name: The flag, without dashes.
    ///   - env: The environment variable.
    ///   - meaning: What holds where it is absent, for the help.
    ///   - help: What it does, as a sentence.
    public init<Wrapped: SettingValue>(
        _ name: String, env: String, unset meaning: String, help: String
    ) where Value == Wrapped? {
        self.init(
            Setting(name: name, env: env, unset: meaning, help: help, accepted: Wrapped.accepted) { text in
                Wrapped(setting: text).map(Optional.some)
            })
    }

    private init(_ setting: Setting<Value>) where Value: Sendable {
        self.init(
            wrappedValue: setting.initialValue(Settings.reading), name: .customLong(setting.name),
            help: ArgumentHelp(setting.helpText),
            transform: { [reading = Settings.reading] text in try setting.value(ofFlag: text, reading) })
    }
}

/// What one option declares.
private struct Setting<Value: Sendable>: Sendable {
    let name: String
    let env: String
    let fallback: Value
    let helpText: String
    let accepted: String
    let parse: @Sendable (String) -> Value?

    init(
        name: String, env: String, defaultText: String, help: String, accepted: String,
        parse: @escaping @Sendable (String) -> Value?
    ) {
        guard let fallback = parse(defaultText) else {
            preconditionFailure("the default of --\(name) does not parse")
        }
        self.name = name
        self.env = env
        self.fallback = fallback
        self.helpText = "\(help) (env: \(env), default: \(defaultText))"
        self.accepted = accepted
        self.parse = parse
    }

    init<Wrapped>(
        name: String, env: String, unset meaning: String, help: String, accepted: String,
        parse: @escaping @Sendable (String) -> Value?
    ) where Value == Wrapped? {
        self.name = name
        self.env = env
        self.fallback = nil
        self.helpText = "\(help) (env: \(env), default: \(meaning))"
        self.accepted = accepted
        self.parse = parse
    }

    func initialValue(_ reading: SettingsReading) -> Value {
        guard let text = reading.environment[env], !text.isEmpty else { return fallback }
        if let value = parse(text) { return value }
        reading.refuse(
            name,
            "The value '\(SettingsReading.printable(text))' of \(env) (--\(name)) is invalid: accepted is \(accepted).")
        return fallback
    }

    func value(ofFlag text: String, _ reading: SettingsReading) throws -> Value {
        reading.acceptFlag(name)
        guard let value = parse(text) else { throw ValidationError("accepted is \(accepted).") }
        return value
    }
}

/// Reads commands whose options come from flags and the environment.
public enum Settings {
    @TaskLocal static var reading = SettingsReading(environment: ProcessEnvironment.all())

    /// Parses a command line.
    ///
    /// - Parameters:
    ///   - command: The root command.
    ///   - arguments: The arguments, without the executable's own name.
    ///   - environment: The environment variables.
    /// - Returns: The command to run, the root or one of its subcommands.
    /// - Throws: What ArgumentParser throws; `ValidationError` for a variable's bad value that no flag overrides.
    public static func parse(
        _ command: (some ParsableCommand).Type, arguments: [String], environment: [String: String]
    ) throws -> any ParsableCommand {
        let reading = SettingsReading(environment: environment)
        return try $reading.withValue(reading) {
            let parsed = try command.parseAsRoot(arguments)
            if let message = reading.firstRefusal() { throw ValidationError(message) }
            return parsed
        }
    }
}

/// One reading of the environment: what was refused in it, unless a flag took its place.
final class SettingsReading: Sendable {
    let environment: [String: String]
    private let state = Guarded((refusals: [(name: String, message: String)](), flags: Set<String>()))

    init(environment: [String: String]) {
        self.environment = environment
    }

    func refuse(_ name: String, _ message: String) {
        state.withLock { $0.refusals.append((name, message)) }
    }

    func acceptFlag(_ name: String) {
        state.withLock { _ = $0.flags.insert(name) }
    }

    func firstRefusal() -> String? {
        state.withLock { state in state.refusals.first { !state.flags.contains($0.name) }?.message }
    }

    /// A value as it may be shown: control characters escaped, cut where it is long.
    static func printable(_ text: String) -> String {
        LogText.escaped(String(text.prefix(100)))
    }
}
