import Operations

/// Finds the client behind proxies: `X-Forwarded-For` counts only as far as a trusted proxy wrote it.
struct TrustedProxies: Sendable {
    private let blocks: [CIDRBlock]

    /// - Parameter blocks: The addresses of trusted proxies; none: the peer is the client.
    init(_ blocks: [CIDRBlock]) {
        self.blocks = blocks
    }

    /// The client's address: the rightmost one that is no trusted proxy's.
    ///
    /// - Parameters:
    ///   - peer: The connection's other end.
    ///   - forwarded: The values of `X-Forwarded-For`, in order.
    /// - Returns: The client; where all are trusted the leftmost, where one is malformed the one to its right.
    func client(of peer: IPAddress, forwarded: [String]) -> IPAddress {
        var client = peer
        guard !blocks.isEmpty else { return client }
        for value in forwarded.reversed() {
            for part in value.split(separator: ",", omittingEmptySubsequences: false).reversed() {
                guard isTrusted(client), let address = Self.address(part) else { return client }
                client = address
            }
        }
        return client
    }

    /// Whether anything but the peer could be the client.
    func concerns(_ peer: IPAddress) -> Bool {
        !blocks.isEmpty && isTrusted(peer)
    }

    private func isTrusted(_ address: IPAddress) -> Bool {
        blocks.contains { $0.contains(address) }
    }

    /// An address, with a port or without: `1.2.3.4`, `1.2.3.4:5`, `::1`, `[::1]:5`.
    private static func address(_ text: Substring) -> IPAddress? {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return IPAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        if text.contains("."), let colon = text.firstIndex(of: ":"),
            text.firstIndex(of: ".").map({ $0 < colon }) == true
        {
            text = text[..<colon]
        }
        return IPAddress(String(text))
    }
}
