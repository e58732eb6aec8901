@testable import AWSCore

extension Surroundings {
    /// Surroundings without a real file or clock.
    static func scripted(
        variables: [String: String] = [:], files: [String: String] = [:], now: Timestamp = Timestamp(seconds: 0)
    ) -> Surroundings {
        Surroundings(
            variables: variables,
            readFile: { path throws(FileError) in
                guard let text = files[path] else { throw FileError(isMissing: true, reason: "No such file") }
                return Array(text.utf8)
            },
            now: { now }, sleep: { _ in }, random: { 0.5 })
    }
}
