import Foundation

/// The public test data of AWS's own clients: archives in the folder that `AWS_CONFORMANCE` names.
enum ConformanceData {
    /// The folder of archives; `nil` where the variable is unset.
    static let archives: URL? = ProcessInfo.processInfo.environment["AWS_CONFORMANCE"]
        .flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0, isDirectory: true) }

    private static let unpacked: Unpacked = {
        atexit { ConformanceData.unpacked.remove() }
        return Unpacked()
    }()

    /// An archive's content, unpacked once a run.
    static func folder(_ name: String) throws -> URL? {
        try archives.map { try unpacked.folder(name, from: $0) }
    }

    /// Says what was not run for want of the data.
    ///
    /// - Parameter cases: Which cases, such as `38 cases of sigv4.tar.gz`.
    static func reportNotRun(_ cases: String) {
        print("not run: \(cases): set AWS_CONFORMANCE to the folder of the conformance archives")
    }

    /// Says which cases are left out, and why.
    static func reportLeftOut(_ cases: [String], because reason: String) {
        for name in cases { print("left out: \(name): \(reason)") }
    }
}

/// A failure of the tests' own machinery.
struct SupportError: Error, CustomStringConvertible {
    let description: String
}

// @unchecked Sendable: `folders` is used under `lock` only.
private final class Unpacked: @unchecked Sendable {
    private let lock = NSLock()
    private var folders: [String: URL] = [:]

    func folder(_ name: String, from archives: URL) throws -> URL {
        lock.lock()
        defer { lock.unlock() }
        if let folder = folders[name] { return folder }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("conformance-\(name)-\(UUID().uuidString)", isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let archive = archives.appendingPathComponent("\(name).tar.gz").path
        try run("/usr/bin/env", ["tar", "-xzf", archive, "-C", folder.path])
        folders[name] = folder
        return folder
    }

    /// Removes what was unpacked, at the end of the run.
    func remove() {
        lock.lock()
        defer { lock.unlock() }
        for folder in folders.values { try? FileManager.default.removeItem(at: folder) }
    }
}

/// Runs a program to its end and gives what it wrote.
@discardableResult
func run(_ program: String, _ arguments: [String], input: Data = Data()) throws -> Data {
    let files = FileManager.default
    let scratch = files.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)", isDirectory: true)
    try files.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? files.removeItem(at: scratch) }
    let inputFile = scratch.appendingPathComponent("input")
    let outputFile = scratch.appendingPathComponent("output")
    try input.write(to: inputFile)
    try Data().write(to: outputFile)

    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: inputFile)
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        let line = ([program] + arguments).joined(separator: " ")
        throw SupportError(description: "\(line) ended with status \(process.terminationStatus)")
    }
    return try Data(contentsOf: outputFile)
}
