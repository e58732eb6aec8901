public import NIOCore

/// Where a listener binds: an address of this machine and a port.
public struct ListenAddress: Sendable, Hashable {
    /// The address; `0.0.0.0` is every IPv4 address, `::` every address.
    public let address: IPAddress
    /// The port; 0 lets the operating system choose.
    public let port: Int

    /// - Parameters:
    ///   - address: The address.
    ///   - port: The port, 0 to 65535.
    public init(address: IPAddress, port: Int) {
        self.address = address
        self.port = port
    }

    /// The address as NIO takes it.
    ///
    /// - Throws: `SocketAddressError` where the port is out of range.
    public func socketAddress() throws -> SocketAddress {
        try SocketAddress(ipAddress: address.description, port: port)
    }
}

extension ListenAddress: SettingValue, CustomStringConvertible {
    /// An address and a port.
    public static var accepted: String { "an address and a port such as 127.0.0.1:7001, [::1]:7001 or :7001" }

    /// - Parameter setting: `<IPv4>:<port>`, `[<IPv6>]:<port>`, `localhost:<port>`, or `:<port>` for `0.0.0.0`.
    public init?(setting: String) {
        guard let colon = setting.lastIndex(of: ":"),
            let port = Int(setting: String(setting[setting.index(after: colon)...])), 0...65535 ~= port
        else { return nil }
        var host = setting[..<colon]
        if host.isEmpty { host = "0.0.0.0" }
        if host == "localhost" { host = "127.0.0.1" }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(String(host)), host.contains(":") == isBracketed else { return nil }
        self.init(address: address, port: port)
    }

    /// The address and the port, as a setting is written.
    public var description: String {
        address.isIPv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
    }
}
