/// Keeps credentials of a source between calls.
final class CredentialsCache: CredentialsProvider {
    private let source: any CredentialsSource

    init(_ source: any CredentialsSource) {
        self.source = source
    }

    func credentials() async throws -> Credentials {
        try await source.load()
    }
}
