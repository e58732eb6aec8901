/// Messages on disk that the queue has not taken yet.
protocol Spool: Sendable {
    /// Keeps messages: from the first on, as many as there is room for, in one commit.
    ///
    /// - Parameter messages: The messages.
    /// - Returns: The place of each that is kept, by position; on disk when this returns.
    /// - Throws: ``SpoolError``: there is no room for the first, or the disk refuses.
    func store(_ messages: [PackedMessage]) async throws(SpoolError) -> [SpoolPlace]

    /// The places of all messages, oldest first.
    ///
    /// - Throws: ``SpoolError``: the disk refuses.
    func places() async throws(SpoolError) -> [SpoolPlace]

    /// Reads messages.
    ///
    /// - Parameter places: Where they are, oldest first.
    /// - Returns: From the first on, as many as share a call to the queue.
    /// - Throws: ``SpoolError``: the disk refuses one of them.
    func read(_ places: [SpoolPlace]) async throws(SpoolError) -> [SpooledMessage]

    /// Forgets messages that the queue has taken.
    ///
    /// - Parameter places: Where they are.
    /// - Throws: ``SpoolError``: the disk refuses.
    func remove(_ places: [SpoolPlace]) async throws(SpoolError)

    /// Keeps a message that the queue refuses for good, where it blocks nothing and a person can find it.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - place: Where it is, if it is in the spool; it leaves there in the same commit.
    ///   - reason: Why it is refused.
    /// - Throws: ``SpoolError``: full, or the disk refuses; then it is where it was.
    func setAside(_ message: PackedMessage, from place: SpoolPlace?, because reason: String) async throws(SpoolError)
}

/// The place of a message in the spool; a later message has a greater one.
typealias SpoolPlace = Int64

/// A message and its place in the spool.
typealias SpooledMessage = (place: SpoolPlace, message: PackedMessage)

/// Why the spool does not do what it should.
enum SpoolError: Error, CustomStringConvertible {
    /// It holds as much as it may.
    case full
    /// The disk, or the file, refuses: what SQLite says.
    case broken(String)

    var description: String {
        switch self {
        case .full: "the spool is full: raise --spool-max-bytes, or let the queue catch up"
        case .broken(let reason): "the spool cannot be used: \(reason)"
        }
    }
}
