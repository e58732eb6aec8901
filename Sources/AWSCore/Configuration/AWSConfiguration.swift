/// AWS's own settings, under AWS's own names and precedence: environment variables, then the profile in the shared
/// config and credentials files.
public struct AWSConfiguration: Sendable {
    /// The region; `nil` where neither environment nor profile names one, and only the machine's metadata can tell.
    public let region: String?
    /// Which setting named the region, for a person.
    public let regionSource: String?
    /// The profile in use: `AWS_PROFILE`, else `default`.
    public let profileName: String
    /// Attempts for each call (`AWS_MAX_ATTEMPTS`, `max_attempts`); `nil` for each service's default.
    public let maxAttempts: Int?
    /// A file of PEM certificates to trust instead of the system's (`AWS_CA_BUNDLE`, `ca_bundle`).
    public let caBundle: String?
    /// The proxy of `https` requests.
    public let proxy: ProxySettings
    /// Whether endpoints validated under FIPS 140 are used (`AWS_USE_FIPS_ENDPOINT`, `use_fips_endpoint`).
    public let usesFIPS: Bool
    /// Whether endpoints of IPv4 and IPv6 are used (`AWS_USE_DUALSTACK_ENDPOINT`, `use_dualstack_endpoint`).
    public let usesDualStack: Bool

    let surroundings: Surroundings
    let files: SharedFiles
    private let explicitEndpoint: String?
    private let ignoresConfiguredEndpoints: Bool

    /// Reads the environment and the shared files, and checks what they say.
    ///
    /// - Parameters:
    ///   - environment: The environment variables.
    ///   - explicitEndpoint: An endpoint for all services that wins over every setting.
    /// - Returns: The configuration.
    /// - Throws: ``ConfigurationError`` if a value is not accepted, a shared file is malformed or the profile is
    ///   nowhere. That nothing is configured is no error.
    public static func load(
        environment: [String: String], explicitEndpoint: String? = nil
    ) throws(ConfigurationError) -> AWSConfiguration {
        try AWSConfiguration(Surroundings(variables: environment), explicitEndpoint: explicitEndpoint)
    }

    init(
        _ surroundings: Surroundings, explicitEndpoint: String? = nil, ignoresConfiguredEndpoints: Bool? = nil
    ) throws(ConfigurationError) {
        self.surroundings = surroundings
        self.explicitEndpoint = explicitEndpoint
        files = try SharedFiles(surroundings)
        let named = surroundings[variable: "AWS_PROFILE"]
        profileName = named ?? "default"
        if let named, files.profiles.profiles[named] == nil {
            throw ConfigurationError(
                .missingProfile, "AWS_PROFILE names the profile \(named), which is not in \(files.description)",
                advice: "correct the name, or add [profile \(named)] to the config file")
        }
        let settings = Settings(surroundings, profile: files.profiles.profiles[profileName] ?? [:], name: profileName)

        let region = settings.value("AWS_REGION", "AWS_DEFAULT_REGION", property: "region")
        if let region { try Self.check(region: region.text, source: region.source) }
        self.region = region?.text
        regionSource = region?.source
        maxAttempts = try settings.positiveInteger("AWS_MAX_ATTEMPTS", property: "max_attempts")
        caBundle = settings.value("AWS_CA_BUNDLE", property: "ca_bundle").map { surroundings.expanded($0.text) }
        proxy = try ProxySettings(surroundings)
        usesFIPS = try settings.flag("AWS_USE_FIPS_ENDPOINT", property: "use_fips_endpoint") ?? false
        usesDualStack = try settings.flag("AWS_USE_DUALSTACK_ENDPOINT", property: "use_dualstack_endpoint") ?? false
        let ignores = try settings.flag(
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", property: "ignore_configured_endpoint_urls")
        self.ignoresConfiguredEndpoints = ignoresConfiguredEndpoints ?? ignores ?? false
    }

    /// The properties of the profile in use; none if it is nowhere.
    var profile: [String: String] { files.profiles.profiles[profileName] ?? [:] }

    /// Where a service's requests go, as ``ServiceEndpoint/url``.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - region: The region.
    /// - Returns: The URL, without a slash at its end.
    /// - Throws: ``ConfigurationError`` if the settings give no endpoint.
    public func endpoint(for service: AWSService, region: String) throws(ConfigurationError) -> String {
        try resolveEndpoint(for: service, region: region).url
    }

    /// Where a service's requests go: the explicit endpoint, `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the
    /// profile's `services` section, the profile's `endpoint_url`, else the region's own.
    ///
    /// - Parameters:
    ///   - service: The service.
    ///   - region: The region; may be `nil` where an endpoint is set.
    /// - Returns: The endpoint, and which setting it came from.
    /// - Throws: ``ConfigurationError`` if the settings give no endpoint.
    public func resolveEndpoint(
        for service: AWSService, region: String?
    ) throws(ConfigurationError) -> ServiceEndpoint {
        if let (url, source) = customEndpoint(for: service) {
            return try .custom(
                url, source: source, service: service, region: region, usesFIPS: usesFIPS,
                usesDualStack: usesDualStack)
        }
        guard let region, !region.isEmpty else { throw Self.missingRegion }
        try Self.check(region: region, source: "the region")
        return try .regional(service, region: region, usesFIPS: usesFIPS, usesDualStack: usesDualStack)
    }

    private func customEndpoint(for service: AWSService) -> (url: String, source: String)? {
        if let explicitEndpoint { return (explicitEndpoint, "the endpoint option") }
        if ignoresConfiguredEndpoints { return nil }
        for variable in ["AWS_ENDPOINT_URL_\(service.serviceId.uppercased())", "AWS_ENDPOINT_URL"] {
            if let url = surroundings[variable: variable] { return (url, variable) }
        }
        if let section = profile["services"],
            let url = files.profiles.services[section]?[service.serviceId]?["endpoint_url"], !url.isEmpty
        {
            return (url, "endpoint_url of \(service.serviceId) in [services \(section)]")
        }
        if let url = profile["endpoint_url"], !url.isEmpty {
            return (url, "endpoint_url of the profile \(profileName)")
        }
        return nil
    }

    static var missingRegion: ConfigurationError {
        ConfigurationError(.region, "no region is set", advice: "set AWS_REGION, or region in the profile")
    }

    /// A region becomes part of a host's name, so it must be no more than one label of it.
    static func check(region: String, source: String) throws(ConfigurationError) {
        let isLabel =
            region.utf8.count <= 63 && region.utf8.first != UInt8(ascii: "-") && region.utf8.last != UInt8(ascii: "-")
            && region.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        guard isLabel else {
            throw ConfigurationError(
                .region, "\(source) is \"\(region)\", which is no region's name",
                advice: "name a region such as eu-central-1")
        }
    }
}
