/// What is wrong with the configuration, and what to do about it. Holds no secret: names and places, never a key.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of mistake; open, so that later versions may add theirs.
    public struct Code: Sendable, Hashable {
        let name: String

        /// A shared file that cannot be read or is malformed.
        public static let profileFile = Code(name: "profile file")
        /// A profile that is named, and is nowhere.
        public static let missingProfile = Code(name: "missing profile")
        /// A setting with a value that is not accepted.
        public static let setting = Code(name: "setting")
        /// No region, or one that is no region's name.
        public static let region = Code(name: "region")
        /// An endpoint that cannot be used, or a combination of settings that has none.
        public static let endpoint = Code(name: "endpoint")
    }

    /// The kind of mistake.
    public let code: Code
    /// What is wrong, and where: the variable, or the file and line.
    public let message: String
    /// What to do.
    public let advice: String

    /// - Parameters:
    ///   - code: The kind of mistake.
    ///   - message: What is wrong, and where.
    ///   - advice: What to do.
    public init(_ code: Code, _ message: String, advice: String) {
        self.code = code
        self.message = message
        self.advice = advice
    }

    /// The message and the advice.
    public var description: String { "\(message): \(advice)" }
}
