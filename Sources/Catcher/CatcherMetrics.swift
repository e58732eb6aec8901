import AWSCore
import CoreMetrics
import Locking
import Metrics
import NIOCore
import Operations
import Synchronization

/// What the catcher counts. Handles are made once; the hot path takes one atomic addition a request.
final class CatcherMetrics: Sendable {
    /// How many connections are open.
    struct Connections: ~Copyable, Sendable {
        private let count = Atomic<Int>(0)

        var value: Int { count.load(ordering: .relaxed) }
        func increment() { count.add(1, ordering: .relaxed) }
        func decrement() { count.subtract(1, ordering: .relaxed) }
    }

    /// What becomes of beacons.
    enum Outcome: String, CaseIterable {
        case queued, spooled, refused, unavailable
    }

    private struct RequestKind: Hashable {
        let route: RouteName
        let status: Int
    }

    let connections = Connections()
    private let accepted: Counter
    private let requests = Guarded<[RequestKind: Counter]>([:])
    private let beacons: [Outcome: Counter]
    private let factory: any MetricsFactory
    private let messageBeacons: Recorder
    private let ackSeconds: Timer
    private let messagesRefused: Counter

    /// - Parameter factory: Keeps what is counted; the process's own if nothing is said.
    init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        accepted = Self.requestCounter(.init(route: .work, status: 200), factory)
        beacons = Dictionary(
            uniqueKeysWithValues: Outcome.allCases.map { outcome in
                let dimensions = [("outcome", outcome.rawValue)]
                return (outcome, Counter(label: "catcher_beacons_total", dimensions: dimensions, factory: factory))
            })
        messageBeacons = Recorder(
            label: "catcher_message_beacons", dimensions: [], aggregate: true, factory: factory)
        ackSeconds = Timer(label: "catcher_ack_seconds", factory: factory)
        messagesRefused = Counter(label: "catcher_messages_refused_total", factory: factory)
    }

    private static func requestCounter(_ kind: RequestKind, _ factory: any MetricsFactory) -> Counter {
        Counter(
            label: "catcher_requests_total",
            dimensions: [("route", kind.route.rawValue), ("status", String(kind.status))], factory: factory)
    }

    /// Shows what is not counted but read, and says what all metrics mean.
    ///
    /// - Parameters:
    ///   - registry: Shows them.
    ///   - packer: Knows the pending bytes.
    func showGauges(in registry: MetricsRegistry, _ packer: Packer) {
        registry.describe(Self.meanings)
        registry.gauge("catcher_pending_bytes") { Double(packer.pendingBytes) }
        registry.gauge("catcher_connections") { Double(self.connections.value) }
    }

    /// Counts an answered request.
    func countRequest(_ route: RouteName, status: Int) {
        if route == .work && status == 200 {
            accepted.increment()
            return
        }
        let kind = RequestKind(route: route, status: status)
        let counter = requests.withLock { known in
            if let counter = known[kind] { return counter }
            let counter = Self.requestCounter(kind, factory)
            known[kind] = counter
            return counter
        }
        counter.increment()
    }

    /// Counts beacons by what became of them.
    func countBeacons(_ count: Int, _ outcome: Outcome) {
        beacons[outcome]?.increment(by: count)
    }

    /// Records a message that became durable.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - elapsed: The time from the arrival of its oldest beacon.
    func recordAcknowledged(_ message: PackedMessage, after elapsed: TimeAmount) {
        messageBeacons.record(message.beacons)
        ackSeconds.recordNanoseconds(elapsed.nanoseconds)
    }

    /// Counts a message that the queue refuses for good.
    func countRefusedMessage() {
        messagesRefused.increment()
    }

    /// Says what the metrics mean.
    static let meanings = [
        "catcher_requests_total": "Requests answered by the public listener.",
        "catcher_beacons_total": "Beacons by what became of them.",
        "catcher_pending_bytes": "Bytes of beacons that wait to be durable.",
        "catcher_message_beacons": "Beacons a message.",
        "catcher_ack_seconds": "From the arrival of a message's oldest beacon until the message is durable.",
        "catcher_spool_bytes": "Bytes of messages in the spool.",
        "catcher_connections": "Open connections of the public listener.",
        "catcher_messages_refused_total": "Messages that the queue refuses for good.",
    ]
}
