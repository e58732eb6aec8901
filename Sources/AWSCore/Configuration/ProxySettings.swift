/// The proxy of `https` requests, as the environment names it; never used for metadata services.
public struct ProxySettings: Sendable, Hashable {
    /// The proxy's URL (`https_proxy`, `HTTPS_PROXY`); it may hold a password, so it is not for logs.
    public let https: String?
    /// Hosts that are reached without it (`no_proxy`, `NO_PROXY`): names, domains, addresses, CIDR blocks, or `*`.
    public let noProxy: [String]

    /// Reads the variables; those in lower case win, as curl has it.
    ///
    /// - Parameter surroundings: The variables.
    /// - Throws: ``ConfigurationError`` if the proxy is no URL.
    init(_ surroundings: Surroundings) throws(ConfigurationError) {
        var https: String?
        for name in ["https_proxy", "HTTPS_PROXY"] where https == nil {
            https = try surroundings[variable: name].map { value throws(ConfigurationError) in
                try Self.url(value, variable: name)
            }
        }
        self.https = https
        let list = surroundings[variable: "no_proxy"] ?? surroundings[variable: "NO_PROXY"] ?? ""
        noProxy = list.split { $0 == "," || $0 == " " || $0 == "\t" }.map(String.init)
    }

    private static func url(_ value: String, variable: String) throws(ConfigurationError) -> String {
        let url = value.contains("://") ? value : "http://\(value)"
        let lowered = url.lowercased()
        let isKnown = ["http://", "https://", "socks5://", "socks5h://"].contains { lowered.hasPrefix($0) }
        let host = url.split(separator: "/", maxSplits: 2).dropFirst().first?.split(separator: "@").last ?? ""
        guard isKnown, !host.isEmpty, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            // The value may hold a password, so it is not repeated.
            throw ConfigurationError(
                .setting, "\(variable) is no proxy that can be used",
                advice: "write it as http://host:port, https://host:port or socks5h://host:port")
        }
        return url
    }
}

extension ProxySettings: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The proxy's host and port, without user and password.
    public var description: String {
        guard let https, let authority = https.split(separator: "/").dropFirst().first else { return "no proxy" }
        return String(authority.split(separator: "@").last ?? authority)
    }
    /// The proxy's host and port, without user and password.
    public var debugDescription: String { description }
    /// A mirror without user and password.
    public var customMirror: Mirror { Mirror(self, children: ["proxy": description]) }
}
