import Locking
@testable import Channels

extension Channel {
    /// Returns once that many tasks wait to send.
    func untilSendersWait(_ count: Int) async {
        while state.withLock({ $0.senders.count }) < count { await Task.yield() }
    }

    /// Returns once that many tasks wait to receive.
    func untilReceiversWait(_ count: Int) async {
        while state.withLock({ $0.receivers.count }) < count { await Task.yield() }
    }

    var waitingReceivers: Int { state.withLock { $0.receivers.count } }
    var waitingSenders: Int { state.withLock { $0.senders.count } }
}

/// Counts, from any task.
actor Tally {
    private(set) var values: [Int] = []

    func add(_ value: Int) { values.append(value) }
    var sum: Int { values.reduce(0, +) }
}
