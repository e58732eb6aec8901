import AWSCore

/// Why an item is not what this code writes.
public struct StoredError: Error, Sendable, CustomStringConvertible {
    /// `pk`, where there is one.
    public let partitionKey: String
    /// `sk`, where there is one.
    public let sortKey: String
    /// What is wrong with it.
    public let problem: String

    init(_ item: [String: AttributeValue], _ problem: String) {
        partitionKey = item["pk"]?.string ?? ""
        sortKey = item["sk"]?.string ?? ""
        self.problem = problem
    }

    /// The key and the problem.
    public var description: String { "item \(partitionKey) / \(sortKey): \(problem)" }
}

extension [String: AttributeValue] {
    /// What stands between the `#` of a key, by its bytes: `#` and an accent behind it are one character.
    func keyParts(_ name: String) -> [Substring] {
        (self[name]?.string ?? "").utf8.split(separator: UInt8(ascii: "#"), omittingEmptySubsequences: false)
            .map { Substring($0) }
    }
}
