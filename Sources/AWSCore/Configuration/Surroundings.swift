internal import Dispatch

/// What configuration and credentials take from outside: variables, files, programs, time, chance. Tests put their own
/// in.
struct Surroundings: Sendable, Redacted {
    /// The environment variables.
    var variables: [String: String]
    /// A file's bytes, or why there are none.
    var readFile: @Sendable (_ path: String) throws(FileError) -> [UInt8]
    /// The wall clock.
    var now: @Sendable () -> Timestamp
    /// Waits.
    var sleep: @Sendable (Duration) async throws -> Void
    /// A number from 0 to 1.
    var random: @Sendable () -> Double
    /// Runs a shell's command with these variables and gives what it printed.
    var run: @Sendable (_ command: String, _ variables: [String: String]) async throws(CommandError) -> [UInt8]

    /// - Parameters:
    ///   - variables: The environment variables.
    ///   - readFile: Reads a file.
    ///   - now: The wall clock.
    ///   - sleep: Waits.
    ///   - random: A number from 0 to 1.
    ///   - run: Runs a shell's command.
    init(
        variables: [String: String],
        readFile: @escaping @Sendable (_ path: String) throws(FileError) -> [UInt8] = SmallFile.read,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
        run: @escaping @Sendable (String, [String: String]) async throws(CommandError) -> [UInt8] = {
            command, variables async throws(CommandError) in try await ShellCommand.run(command, variables: variables)
        }
    ) {
        self.variables = variables
        self.readFile = readFile
        self.now = now
        self.sleep = sleep
        self.random = random
        self.run = run
    }

    /// A file's text without white space at its ends, read off the tasks' threads, as files may lie on a network.
    func readToken(_ path: String) async throws(FileError) -> String {
        let readFile = readFile
        let result = await withUnsafeContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: Result { () throws(FileError) in try readFile(path) })
            }
        }
        guard let text = String(validating: try result.get(), as: UTF8.self) else {
            throw FileError(isMissing: false, reason: "not UTF-8")
        }
        let isBlank = { (character: Character) in character.isWhitespace }
        var token = text.drop(while: isBlank)
        while token.last.map(isBlank) == true { token.removeLast() }
        guard !token.isEmpty else { throw FileError(isMissing: false, reason: "empty") }
        return String(token)
    }

    /// A variable's value; `nil` where it is unset or empty, which AWS's SDKs take for the same.
    subscript(variable name: String) -> String? {
        guard let value = variables[name], !value.isEmpty else { return nil }
        return value
    }

    /// A path with a leading `~/` replaced by the home folder.
    func expanded(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = self[variable: "HOME"] else { return path }
        return home + path.dropFirst()
    }
}
