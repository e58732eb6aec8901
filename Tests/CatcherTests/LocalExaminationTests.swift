import Foundation
import Logging
import Operations
import Testing

@testable import Catcher

@Suite("What catcher doctor finds on its own machine")
struct LocalExaminationTests {
    private func finding(spool: String) throws -> DoctorFinding {
        try #require(LocalExamination(spool: spool, writeKeys: nil).findings().first)
    }

    private func finding(keys: String) throws -> DoctorFinding {
        let file = KeysFile(path: keys, logger: Logger(label: "test"))
        return try #require(LocalExamination(spool: nil, writeKeys: file).findings().first)
    }

    @Test("the spool is a folder that can be written; it is neither made nor locked")
    func spool() async throws {
        let folder = try TestFolder()
        let file = try folder.write("")
        let missing = "\(folder.path)/a/b"
        let found = try [folder.path, missing, file, "\(file)/a"].map { try finding(spool: $0) }
        #expect(found.map(\.state) == [.good, .warning, .bad, .bad])
        #expect(found.map { $0.advice != nil } == [false, true, true, true])
        #expect(found[0].subject == "spool \(folder.path)")
        #expect(!FileManager.default.fileExists(atPath: missing))

        // As a catcher that serves has it.
        let lock = try FolderLock(folder: folder.path)
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(try finding(spool: folder.path).state == .good)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == before)
        withExtendedLifetime(lock) {}
    }

    @Test("the file of keys can be read and is valid; no key is shown")
    func keys() throws {
        let folder = try TestFolder()
        let good = try finding(keys: folder.write("{\"secret\":{\"project\":\"p\"},\"b\":{\"project\":\"q\"}}"))
        #expect(good.state == .good && good.detail == "keys: 2")
        let broken = try finding(keys: folder.write("{\"secret\":{}}"))
        #expect(broken.state == .bad && broken.detail.contains("key 1 has no project") && broken.advice != nil)
        #expect(!broken.detail.contains("secret"))
        #expect(try finding(keys: "\(folder.path)/none").state == .bad)
    }

    @Test("without spool and keys there is nothing to say of them")
    func neither() {
        #expect(LocalExamination(spool: nil, writeKeys: nil).findings() == [])
    }
}
