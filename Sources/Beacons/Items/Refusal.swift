/// Why an event is refused: the member and what is wrong with it.
struct Refusal: Error {
    let member: StaticString
    let problem: StaticString

    init(_ member: StaticString, _ problem: StaticString) {
        self.member = member
        self.problem = problem
    }

    static func noString(_ member: StaticString) -> Refusal { Refusal(member, "is no string") }
    static func noNumber(_ member: StaticString) -> Refusal { Refusal(member, "is no number below 1e15") }

    var text: String { "\(member) \(problem)" }
}

/// Why a whole message is refused.
struct Unreadable: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
