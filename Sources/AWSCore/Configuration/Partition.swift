/// A set of regions that share host names and credentials: AWS's public regions are one, those in China another.
struct Partition: Sendable, Hashable {
    /// The partition's name, such as `aws`.
    let id: String
    /// What regions' names begin with, before `-<word>-<number>`.
    let prefixes: [String]
    /// The name of the pseudo-region of services that have none.
    let globalRegion: String
    /// The domain of endpoints.
    let dnsSuffix: String
    /// The domain of endpoints reachable by IPv4 and IPv6.
    let dualStackDNSSuffix: String

    /// The partition of a region; `aws` for one that none claims, as the SDKs do.
    static func of(_ region: String) -> Partition {
        all.first { $0.contains(region) } ?? all[0]
    }

    private func contains(_ region: String) -> Bool {
        region == globalRegion
            || prefixes.contains { prefix in
                guard region.hasPrefix("\(prefix)-") else { return false }
                let rest = region.dropFirst(prefix.count + 1).split(separator: "-", omittingEmptySubsequences: false)
                return rest.count == 2 && !rest[0].isEmpty && !rest[1].isEmpty
                    && rest[1].utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            }
    }

    /// All of botocore's `partitions.json`.
    private static let all = [
        Partition(
            id: "aws", prefixes: ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"], globalRegion: "aws-global",
            dnsSuffix: "amazonaws.com", dualStackDNSSuffix: "api.aws"),
        Partition(
            id: "aws-cn", prefixes: ["cn"], globalRegion: "aws-cn-global", dnsSuffix: "amazonaws.com.cn",
            dualStackDNSSuffix: "api.amazonwebservices.com.cn"),
        Partition(
            id: "aws-us-gov", prefixes: ["us-gov"], globalRegion: "aws-us-gov-global", dnsSuffix: "amazonaws.com",
            dualStackDNSSuffix: "api.aws"),
        Partition(
            id: "aws-eusc", prefixes: ["eusc-de"], globalRegion: "aws-eusc-global", dnsSuffix: "amazonaws.eu",
            dualStackDNSSuffix: "api.amazonwebservices.eu"),
        Partition(
            id: "aws-iso", prefixes: ["us-iso"], globalRegion: "aws-iso-global", dnsSuffix: "c2s.ic.gov",
            dualStackDNSSuffix: "api.aws.ic.gov"),
        Partition(
            id: "aws-iso-b", prefixes: ["us-isob"], globalRegion: "aws-iso-b-global", dnsSuffix: "sc2s.sgov.gov",
            dualStackDNSSuffix: "api.aws.scloud"),
        Partition(
            id: "aws-iso-e", prefixes: ["eu-isoe"], globalRegion: "aws-iso-e-global", dnsSuffix: "cloud.adc-e.uk",
            dualStackDNSSuffix: "api.cloud-aws.adc-e.uk"),
        Partition(
            id: "aws-iso-f", prefixes: ["us-isof"], globalRegion: "aws-iso-f-global", dnsSuffix: "csp.hci.ic.gov",
            dualStackDNSSuffix: "api.aws.hci.ic.gov"),
    ]
}
