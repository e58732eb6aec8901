#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// An IPv4 or IPv6 address. An IPv4 address mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
public struct IPAddress: Sendable, Hashable {
    /// The address in network order: 4 bytes or 16.
    public let bytes: [UInt8]

    /// An address from its bytes; `nil` unless there are 4 or 16.
    ///
    /// - Parameter bytes: The address in network order.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        let isMapped =
            bytes.count == 16 && bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        self.bytes = isMapped ? Array(bytes[12...]) : bytes
    }

    /// An address from text; `nil` where it is none.
    ///
    /// - Parameter text: An address as `inet_pton` reads it: no port, no brackets, no zone.
    public init?(_ text: String) {
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            self.init(bytes: Array(buffer[..<4]))
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            self.init(bytes: buffer)
        } else {
            return nil
        }
    }

    /// Whether it is an IPv4 address.
    public var isIPv4: Bool { bytes.count == 4 }
}

extension IPAddress: CustomStringConvertible {
    /// The address as `inet_ntop` writes it.
    public var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count)) != nil else { return "" }
        return text.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) ?? "" }
    }
}

/// A block of addresses, such as `10.0.0.0/8`.
public struct CIDRBlock: Sendable, Hashable {
    /// An address of the block; bits after the prefix do not count.
    public let address: IPAddress
    /// How many leading bits the block's addresses share.
    public let prefixLength: Int

    /// - Parameter candidate: An address.
    /// - Returns: Whether the block holds it. An IPv4 block holds no IPv6 address, nor the other way round.
    public func contains(_ candidate: IPAddress) -> Bool {
        guard candidate.bytes.count == address.bytes.count else { return false }
        let whole = prefixLength / 8
        guard candidate.bytes[..<whole] == address.bytes[..<whole] else { return false }
        let rest = prefixLength % 8
        if rest == 0 { return true }
        return (candidate.bytes[whole] ^ address.bytes[whole]) >> UInt8(8 - rest) == 0
    }
}

extension CIDRBlock: SettingValue {
    /// A block, or an address that is a block by itself.
    public static var accepted: String { "a block of addresses such as 10.0.0.0/8 or fd00::/8" }

    /// - Parameter setting: An address, and `/` with the prefix length where it is a block.
    public init?(setting: String) {
        let parts = setting.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = parts.first.flatMap({ IPAddress(String($0)) }) else { return nil }
        let bits = address.bytes.count * 8
        guard parts.count == 2 else {
            self.init(address: address, prefixLength: bits)
            return
        }
        guard let length = Int(setting: String(parts[1])), 0...bits ~= length else { return nil }
        self.init(address: address, prefixLength: length)
    }
}
