/// The place of one request in its connection's order of answers, until its answer is known.
///
/// It may wait for several messages, where its beacons did not fit into one: all of them must be accepted.
// @unchecked Sendable: it passes through the packer and the sender, and is read and written on its connection's event
// loop only.
final class PendingAnswer: @unchecked Sendable {
    let connection: HTTPConnection
    let route: RouteName
    /// The allowed origin, as the client sent it.
    let origin: String?
    /// Whether the client wants the connection closed after it.
    let closes: Bool
    let isHead: Bool
    /// What the log says of the request, where refusals are logged.
    let trace: RequestTrace?
    /// How many messages it waits for.
    var messages = 0
    private var failure: Refusal?
    private(set) var answer: HTTPAnswer?

    init(
        connection: HTTPConnection, route: RouteName, origin: String?, closes: Bool, isHead: Bool,
        trace: RequestTrace? = nil
    ) {
        self.connection = connection
        self.route = route
        self.origin = origin
        self.closes = closes
        self.isHead = isHead
        self.trace = trace
    }

    /// Takes what became of one of its messages.
    ///
    /// - Parameter refusal: Why it is not durable; `nil` if it is.
    func messageSettled(_ refusal: Refusal?) {
        messages -= 1
        failure = failure ?? refusal
        if messages == 0 { settle(failure.map(HTTPAnswer.refused) ?? .accepted) }
    }

    /// Gives the answer, which is sent when those before it have been.
    func settle(_ answer: HTTPAnswer) {
        self.answer = answer
        connection.answerIsKnown()
    }
}

/// A route, as metrics name it.
enum RouteName: String, CaseIterable, Sendable {
    case work = "/work"
    case pixel = "/work.gif"
    case robots = "/robots.txt"
    case other
}
