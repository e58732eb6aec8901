import Operations

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Looks at what the catcher needs of this machine, and changes nothing there.
struct LocalExamination {
    /// The folder of the spool, if there is to be one.
    let spool: String?
    /// The file of write keys, if there is to be one.
    let writeKeys: KeysFile?

    func findings() -> [DoctorFinding] {
        [spool.map(folder), writeKeys.map(keys)].compactMap { $0 }
    }

    /// Leaves the folder's lock alone: a catcher that serves may have it.
    private func folder(_ path: String) -> DoctorFinding {
        let subject = "spool \(path)"
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { return Self.failed(subject) }
            guard access(Self.existing(above: path), W_OK | X_OK) == 0 else {
                return Self.failed(subject, "does not exist and cannot be made: ")
            }
            return DoctorFinding(
                subject, .warning, "does not exist; serve makes it",
                advice: "check that a volume which outlives the container belongs there")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return DoctorFinding(subject, .bad, "is no folder", advice: "name a folder, or move what is there away")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else { return Self.failed(subject) }
        return DoctorFinding(subject, .good, "exists and can be written")
    }

    private func keys(_ file: KeysFile) -> DoctorFinding {
        let subject = "write keys \(file.path)"
        do throws(WriteKeysError) {
            return DoctorFinding(subject, .good, "keys: \(try file.read().count)")
        } catch {
            return DoctorFinding(subject, .bad, "\(error)", advice: "see `Write keys` in docs/CATCHER.md for its form")
        }
    }

    private static func failed(_ subject: String, _ what: String = "") -> DoctorFinding {
        let isRefused = errno == EACCES || errno == EPERM || errno == EROFS
        return DoctorFinding(
            subject, isRefused ? .refused : .bad, "\(what)\(String(cString: strerror(errno)))",
            advice: "let this user write there")
    }

    /// The nearest folder above that exists.
    private static func existing(above path: String) -> String {
        var parent = path[...]
        while let slash = parent.lastIndex(of: "/") {
            parent = parent[..<slash]
            if parent.isEmpty { return "/" }
            if access(String(parent), F_OK) == 0 { return String(parent) }
        }
        return "."
    }
}
