/// What setup found or did, a line for a person.
struct Finding: Sendable, CustomStringConvertible {
    /// What was there.
    enum State: Sendable, Hashable {
        /// Setup has made it.
        case created
        /// It was there, as it should be or otherwise: what is, and what should be.
        case existed(differences: [String])
    }

    let subject: String
    let state: State
    /// What it is like.
    let details: String

    var description: String {
        switch state {
        case .created: "\(subject): created (\(details))"
        case .existed(let differences) where differences.isEmpty: "\(subject): exists (\(details))"
        case .existed(let differences):
            "\(subject): exists and is left as it is, but differs: \(differences.joined(separator: "; "))"
        }
    }
}
