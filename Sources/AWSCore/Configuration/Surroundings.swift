/// What configuration and credentials take from outside: variables, files, the clock. Tests put their own in.
struct Surroundings: Sendable {
    /// The environment variables.
    var variables: [String: String]
    /// A file's bytes, or why there are none.
    var readFile: @Sendable (_ path: String) throws(FileError) -> [UInt8]
    /// The wall clock.
    var now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - variables: The environment variables.
    ///   - readFile: Reads a file.
    ///   - now: The wall clock.
    init(
        variables: [String: String],
        readFile: @escaping @Sendable (_ path: String) throws(FileError) -> [UInt8] = SmallFile.read,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.variables = variables
        self.readFile = readFile
        self.now = now
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
