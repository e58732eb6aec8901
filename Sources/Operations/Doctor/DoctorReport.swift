public import ArgumentParser
import AWSCore

/// One thing that a doctor looked at.
public struct DoctorFinding: Sendable, Hashable {
    /// How it is.
    public enum State: String, Sendable {
        /// As it should be.
        case good
        /// It works, but differs from what it should be.
        case warning
        /// It could not be found out; no reason to think it bad.
        case unknown
        /// Missing, wrong or out of reach: the executable could not do its job.
        case bad
        /// Credentials are missing or refused, or access is denied.
        case refused
    }

    /// What was looked at, such as `region` or `queue beacons`.
    public let subject: String
    /// How it is.
    public let state: State
    /// What was found, for a person; nothing secret.
    public let detail: String
    /// What to do about it, where something is to be done.
    public let advice: String?

    /// - Parameters:
    ///   - subject: What was looked at.
    ///   - state: How it is.
    ///   - detail: What was found.
    ///   - advice: What to do about it.
    public init(_ subject: String, _ state: State, _ detail: String, advice: String? = nil) {
        self.subject = subject
        self.state = state
        self.detail = detail
        self.advice = advice
    }
}

/// What a doctor found.
public struct DoctorReport: Sendable, Hashable {
    /// The findings, in the order of the examination.
    public var findings: [DoctorFinding]

    /// - Parameter findings: The findings.
    public init(_ findings: [DoctorFinding] = []) {
        self.findings = findings
    }

    /// 0 where the executable could run; 77 where something is refused, else 69.
    public var exitStatus: ExitCode {
        if findings.contains(where: { $0.state == .refused }) { return .noPermission }
        return findings.contains { $0.state == .bad } ? .unavailable : .success
    }

    /// The report for a person: a line each, and advice under what needs it.
    public func text() -> String {
        let width = findings.map(\.subject.count).max() ?? 0
        let lines = findings.flatMap { finding in
            let space = String(repeating: " ", count: width - finding.subject.count)
            let line = "\(Self.mark(finding.state))  \(finding.subject)\(space)  \(LogText.escaped(finding.detail))"
            let indent = String(repeating: " ", count: width + 11)
            return [line] + (finding.advice.map { ["\(indent)→ \(LogText.escaped($0))"] } ?? [])
        }
        let verdict =
            switch exitStatus {
            case .success: "It could run."
            case .noPermission: "It could not run: something is refused."
            default: "It could not run."
            }
        return (lines + ["", verdict]).joined(separator: "\n")
    }

    /// The report for a program: `{"ok":…,"findings":[{"subject":…,"state":…,"detail":…,"advice":…}]}`.
    public func json() -> [UInt8] {
        var writer = JSONWriter(capacity: 2048)
        writer.beginObject()
        writer.key("ok")
        writer.bool(exitStatus == .success)
        writer.key("findings")
        writer.beginArray()
        for finding in findings {
            writer.beginObject()
            writer.key("subject")
            writer.string(finding.subject)
            writer.key("state")
            writer.string(finding.state.rawValue)
            writer.key("detail")
            writer.string(finding.detail)
            if let advice = finding.advice {
                writer.key("advice")
                writer.string(advice)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func mark(_ state: DoctorFinding.State) -> String {
        switch state {
        case .good: "ok     "
        case .warning: "warning"
        case .unknown: "unknown"
        case .bad: "BAD    "
        case .refused: "REFUSED"
        }
    }
}

extension DoctorFinding {
    /// What an error of AWS means for something that is needed.
    ///
    /// - Parameters:
    ///   - subject: What was looked at.
    ///   - error: The error.
    ///   - missing: What to do where the thing does not exist.
    ///   - permission: What to allow where access is denied.
    /// - Returns: The finding.
    static func failure(_ subject: String, _ error: AWSError, missing: String, permission: String) -> DoctorFinding {
        switch error.category {
        case .missing:
            DoctorFinding(subject, .bad, "does not exist", advice: missing)
        case .refused where error.isAuthentication:
            DoctorFinding(
                subject, .refused, "\(error)", advice: "check the credentials: they are not taken for anybody's")
        case .refused:
            DoctorFinding(subject, .refused, "\(error)", advice: "check the credentials, and allow \(permission)")
        case .throttled:
            DoctorFinding(subject, .unknown, "\(error)", advice: "ask again later")
        case .unreachable:
            DoctorFinding(subject, .bad, "\(error)", advice: "check endpoint, region and network")
        case .invalid:
            DoctorFinding(subject, .bad, "\(error)", advice: "check the name and the settings")
        }
    }
}
