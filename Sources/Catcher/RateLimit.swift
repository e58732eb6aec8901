import Locking
import NIOCore
import Operations

/// Limits the beacons a second of each client, in bounded memory.
///
/// A client's state is one moment: when it will have paid for all that it sent (the generic cell rate algorithm). It
/// may be a second ahead; a request that begins within that is taken whole.
final class RateLimit: Sendable {
    private struct State {
        var paid: [IPAddress: NIODeadline] = [:]
        var sweeps = 0
    }

    private let interval: TimeAmount
    private let capacity: Int
    private let state = Guarded(State())
    private static let tolerance = TimeAmount.seconds(1)

    /// - Parameters:
    ///   - rate: Beacons a second.
    ///   - capacity: Clients remembered at most.
    init(rate: Int, capacity: Int = 65_536) {
        interval = .nanoseconds(1_000_000_000 / Int64(rate))
        self.capacity = capacity
    }

    /// How many clients are remembered.
    var count: Int { state.withLock { $0.paid.count } }

    /// How often clients have been forgotten.
    var sweeps: Int { state.withLock { $0.sweeps } }

    /// How long a client has to wait until it may send; `nil` if it may now.
    func wait(for client: IPAddress, now: NIODeadline) -> TimeAmount? {
        let key = Self.key(client)
        guard let paid = state.withLock({ $0.paid[key] }) else { return nil }
        let excess = paid - now - Self.tolerance
        return excess > .zero ? excess : nil
    }

    /// Counts beacons that a client has sent.
    func charge(_ beacons: Int, to client: IPAddress, now: NIODeadline) {
        let key = Self.key(client)
        state.withLock { state in
            let start = max(now, state.paid[key] ?? now)
            state.paid[key] = start + interval * Int64(beacons)
            guard state.paid.count > capacity else { return }
            state.sweeps += 1
            // A client that has paid for everything is as one never seen.
            state.paid = state.paid.filter { $0.value > now }
            // A flood of addresses: the half that is over is forgotten, which only lets it send a little more. So the
            // next look at all of them is half the capacity of new clients away.
            if state.paid.count > capacity / 2 {
                state.paid = Dictionary(
                    uniqueKeysWithValues: state.paid.prefix(capacity / 2).map { ($0.key, $0.value) })
            }
        }
    }

    /// A client is an IPv4 address, or the /64 that an IPv6 host is given.
    private static func key(_ address: IPAddress) -> IPAddress {
        guard !address.isIPv4 else { return address }
        return IPAddress(bytes: address.bytes[..<8] + Array(repeating: 0, count: 8)) ?? address
    }
}
