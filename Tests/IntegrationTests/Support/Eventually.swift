/// Waits until a condition holds.
///
/// - Parameters:
///   - what: What is waited for, for the failure.
///   - limit: How long it may take; far longer than it should.
///   - lacking: What is still lacking; `nil` once the condition holds.
/// - Throws: ``Obstacle`` with what was lacking last, or what `lacking` throws.
func eventually(
    _ what: String, within limit: Duration = .seconds(90), _ lacking: () async throws -> String?
) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
        guard let lack = try await lacking() else { return }
        guard ContinuousClock.now < deadline else { throw Obstacle("not within \(limit): \(what); \(lack)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
