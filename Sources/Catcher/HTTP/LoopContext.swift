import AWSCore
import Logging
import NIOCore
import NIOHTTP1
import Operations

/// What the connections of one event loop share: parsers, buffers, answers, and the watch over their deadlines.
// @unchecked Sendable: read and written on its event loop only.
final class LoopContext: @unchecked Sendable {
    let eventLoop: any EventLoop
    let limits: Limits
    let answers = AnswerWriter()
    let route: BeaconRoute
    let metrics: CatcherMetrics
    let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let logsRefusals: Bool
    private var requests = 0

    /// Whether every answer closes its connection.
    private(set) var isDraining = false
    private var connections: [HTTPConnection] = []
    private var unflushed: [HTTPConnection] = []
    private var isWatching = false

    init(
        eventLoop: any EventLoop, limits: Limits, route: BeaconRoute, metrics: CatcherMetrics,
        logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.route = route
        self.metrics = metrics
        self.logger = logger
        logsRefusals = logger.logLevel <= .debug
        self.clock = clock
    }

    /// Counts an answer, and logs it at level debug if it is a refusal.
    ///
    /// - Parameters:
    ///   - answer: The answer.
    ///   - pending: What it answers.
    ///   - peer: The connection's other end.
    func note(_ answer: HTTPAnswer, to pending: PendingAnswer, from peer: IPAddress?) {
        metrics.countRequest(pending.route, status: answer.status)
        requests &+= 1
        guard logsRefusals, case .refused(let refusal) = answer else { return }
        let made = "\(ObjectIdentifier(self).hashValue & 0xFFFF)-\(requests)"
        let client = pending.trace.map(\.client) ?? route.addressText(of: peer, forwarded: [])
        logger.debug(
            "refused",
            metadata: [
                "request": "\(pending.trace?.id ?? made)", "route": "\(pending.route.rawValue)",
                "status": "\(refusal.status)", "detail": "\(refusal.detail)", "client": "\(client ?? "-")",
            ])
    }

    /// What a refusal's log entry will say of a request; `nil` where refusals are not logged.
    func trace(of head: HTTPRequestHead, from peer: IPAddress?) -> RequestTrace? {
        guard logsRefusals else { return nil }
        let client = route.addressText(of: peer, forwarded: head.headers["X-Forwarded-For"])
        return RequestTrace(head.headers, client: client)
    }

    func add(_ connection: HTTPConnection) {
        connection.position = connections.count
        connections.append(connection)
        watch()
    }

    func remove(_ connection: HTTPConnection) {
        let position = connection.position
        guard position < connections.count, connections[position] === connection else { return }
        connections.swapAt(position, connections.count - 1)
        connections[position].position = position
        connections.removeLast()
    }

    /// Hands the outcome of a message to the requests that it carried, then sends their answers: one flush a
    /// connection.
    func messageSettled(_ waiting: [PendingAnswer], _ refusal: Refusal?) {
        for answer in waiting { answer.messageSettled(refusal) }
        flushAll()
    }

    private func flushAll() {
        for connection in unflushed { connection.flush() }
        unflushed.removeAll(keepingCapacity: true)
    }

    /// Notes a connection that has written outside of a read, to be flushed with the others.
    func flushLater(_ connection: HTTPConnection) {
        unflushed.append(connection)
    }

    /// From now on every answer closes its connection. Connections that wait for a request stay open until
    /// ``closeIdle()``.
    func drain() {
        isDraining = true
    }

    /// Closes the connections that wait for a request.
    ///
    /// - Returns: How many are left.
    func closeIdle() -> Int {
        for connection in connections { connection.closeIfIdle() }
        return connections.count
    }

    /// Looks at every connection's deadline once a second, so that no request costs a timer.
    private func watch() {
        if isWatching { return }
        isWatching = true
        eventLoop.scheduleTask(in: .seconds(1)) { [self] in
            isWatching = false
            let now = eventLoop.now
            // Expiring removes from the list.
            for connection in connections where connection.deadline <= now { connection.expire() }
            flushAll()
            if !connections.isEmpty { watch() }
        }
    }
}
