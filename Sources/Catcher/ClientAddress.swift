import ArgumentParser
import NIOCore
import Operations

/// What becomes of clients' addresses in the envelope.
enum ClientAddress: String, CaseIterable, SettingValue {
    /// The network only: IPv4 /24, IPv6 /48.
    case truncate
    /// The whole address.
    case keep
    /// None.
    case drop

    /// An address as the envelope says it.
    ///
    /// - Parameter address: The client's address.
    /// - Returns: `nil` where addresses are dropped.
    func text(of address: IPAddress) -> String? {
        switch self {
        case .drop: return nil
        case .keep: return address.description
        case .truncate:
            var bytes = address.bytes
            for position in (address.isIPv4 ? 3 : 6)..<bytes.count { bytes[position] = 0 }
            return IPAddress(bytes: bytes)?.description
        }
    }

    /// The address of a socket's peer; `nil` for one without (a Unix socket, a test's).
    static func address(of socket: SocketAddress) -> IPAddress? {
        socket.ipAddress.flatMap { IPAddress($0) }
    }
}

/// What is known of a connection's client, kept between its requests so that equal facts are not made again.
struct ClientFacts {
    var peer: IPAddress?
    /// The route of the request at hand.
    var route = RouteName.other
    /// The origin of the request at hand, if it came from a page of an allowed one.
    var allowedOrigin: String?
    /// Who sent the request at hand, as far as trusted proxies tell.
    var sender: IPAddress? {
        didSet { if sender != oldValue { senderText = nil } }
    }
    private var senderText: String?

    /// The sender's address as the envelope says it, made once for as long as it is the same.
    mutating func address(_ policy: ClientAddress) -> String? {
        if senderText == nil { senderText = sender.flatMap(policy.text) }
        return senderText
    }
}
