public import ArgumentParser

extension ExitCode {
    /// A bad option or value (EX_USAGE of sysexits.h).
    public static let usage = ExitCode(64)
    /// A dependency is unreachable or missing (EX_UNAVAILABLE).
    public static let unavailable = ExitCode(69)
    /// Credentials are absent or refused, or access is denied (EX_NOPERM).
    public static let noPermission = ExitCode(77)
}
