import AWSCore

/// The table, as the pipeline needs it.
protocol ItemTable: Sendable {
    /// Puts up to 25 items, no two with the same key. Gives the positions of those that the table did not get to; all
    /// others are written.
    func write(_ items: [EncodedItem]) async throws(AWSError) -> [Int]

    /// Returns if the table can be written to, as far as can be told without writing.
    func probe() async throws(AWSError)
}
