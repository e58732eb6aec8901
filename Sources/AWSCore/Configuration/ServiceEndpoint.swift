/// Where a service's requests go.
public struct ServiceEndpoint: Sendable, Hashable {
    /// The URL, without a slash at its end.
    public let url: String
    /// The region of signatures; that of the client, but for endpoints that belong to none.
    public let signingRegion: String
    /// The setting that said so, such as `AWS_ENDPOINT_URL_SQS`, or `the region`.
    public let source: String

    /// The endpoint that a region's own rules give (botocore's `endpoint-rule-set-1.json` of SQS, DynamoDB and STS,
    /// without DynamoDB's account-based endpoints).
    static func regional(
        _ service: AWSService, region: String, usesFIPS: Bool, usesDualStack: Bool
    ) throws(ConfigurationError) -> ServiceEndpoint {
        if service == .dynamoDB, region == "local" {
            if usesFIPS || usesDualStack {
                throw ConfigurationError(
                    .endpoint, "FIPS and dual-stack endpoints are not supported in the region local",
                    advice: "unset AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, or name another region")
            }
            return ServiceEndpoint(
                url: "http://localhost:8000", signingRegion: "us-east-1", source: "the region local")
        }
        if service == .sts, region == "aws-global", !usesFIPS, !usesDualStack {
            return ServiceEndpoint(
                url: "https://sts.amazonaws.com", signingRegion: "us-east-1", source: "the region aws-global")
        }
        let partition = Partition.of(region)
        let suffix = usesDualStack ? partition.dualStackDNSSuffix : partition.dnsSuffix
        // GovCloud's ordinary endpoints are FIPS endpoints.
        let isFIPSNamed = usesFIPS && (usesDualStack || partition.id != "aws-us-gov")
        return ServiceEndpoint(
            url: "https://\(service.endpointPrefix)\(isFIPSNamed ? "-fips" : "").\(region).\(suffix)",
            signingRegion: region, source: "the region \(region)")
    }

    /// An endpoint that a person set, checked.
    static func custom(
        _ text: String, source: String, service: AWSService, region: String?, usesFIPS: Bool, usesDualStack: Bool
    ) throws(ConfigurationError) -> ServiceEndpoint {
        for (isUsed, name, variable) in [
            (usesFIPS, "FIPS", "AWS_USE_FIPS_ENDPOINT"), (usesDualStack, "Dualstack", "AWS_USE_DUALSTACK_ENDPOINT"),
        ] where isUsed {
            throw ConfigurationError(
                .endpoint, "\(name) and custom endpoint are not supported together: \(source) sets one",
                advice: "unset \(source), or turn \(variable) off")
        }
        var url = text
        while url.hasSuffix("/") { url.removeLast() }
        let lowered = url.lowercased()
        let scheme = ["https://", "http://"].first { lowered.hasPrefix($0) }
        guard let scheme, url.utf8.count > scheme.utf8.count, url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ConfigurationError(
                .endpoint, "\(source) is no URL that can be used",
                advice: "write it as https://host or http://host:port")
        }
        let authority = url.dropFirst(scheme.count).prefix { !"/?#".contains($0) }
        guard !authority.contains("@") else {
            throw ConfigurationError(
                .endpoint, "\(source) names a user, whom no request would carry",
                advice: "write it as https://host or http://host:port")
        }
        if service == .dynamoDB, let region {
            let dualStack = "https://dynamodb.\(region).\(Partition.of(region).dualStackDNSSuffix)"
            if lowered == dualStack {
                throw ConfigurationError(
                    .endpoint, "\(source) is a dual-stack endpoint, which cannot be set as a custom one",
                    advice: "unset it and set AWS_USE_DUALSTACK_ENDPOINT=true")
            }
        }
        // With no region at all a signature still needs one; servers behind custom endpoints seldom look at it.
        return ServiceEndpoint(url: url, signingRegion: region ?? "us-east-1", source: source)
    }
}
