import Foundation
import GRDB
import NIOCore
import Testing

@testable import Catcher

extension SQLiteSpool {
    /// A disk that is full: the database may not grow beyond its pages and so many more.
    func limitGrowth(to pages: Int) async throws {
        try await access { database in
            let count = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(database, sql: "PRAGMA max_page_count = \(count + pages)")
        }
    }
}

@Suite("The spool on a disk that refuses", .timeLimit(.minutes(1)))
struct SpoolDiskTests {
    static func large(_ text: String, _ size: Int = 60_000) -> PackedMessage {
        PackedMessage(
            id: "id-\(text)", bytes: Array(repeating: 0x78, count: size), beacons: 1, pendingBytes: 0,
            openedAt: .distantPast, waiting: [])
    }

    @Test("what does not fit on the disk is refused, and only a commit shows that it takes messages again")
    func full() async throws {
        let spool = try await SpoolTests.open(Folder(), limit: 1 << 30)
        let places = try await spool.store([Self.large("a")])
        try await spool.limitGrowth(to: 2)
        let error = await #expect(throws: SpoolError.self) { try await spool.store([Self.large("b")]) }
        #expect("\(try #require(error))".contains("full"))
        #expect(spool.bytes == 60_000, "the room for what was refused is free")
        #expect(try await spool.read(places).count == 1)
        #expect(try await spool.places() == places)
        #expect(spool.trouble != nil, "reading tells nothing")
        await spool.tryAgain()
        #expect(spool.trouble != nil, "it is as full as before")
        try await spool.limitGrowth(to: 1000)
        #expect(spool.trouble != nil)
        await spool.tryAgain()
        #expect(spool.trouble == nil)
        _ = try await spool.store([Self.large("b")])
        let tables = try await spool.access { try String.fetchAll($0, sql: "SELECT name FROM sqlite_master") }
        #expect(!tables.contains("trial"))
    }

    @Test("a removal makes room on a full disk")
    func removal() async throws {
        let spool = try await SpoolTests.open(Folder(), limit: 1 << 30)
        let places = try await spool.store([Self.large("a")])
        try await spool.limitGrowth(to: 2)
        await #expect(throws: SpoolError.self) { try await spool.store([Self.large("b")]) }
        try await spool.remove(places)
        #expect(spool.trouble == nil)
        _ = try await spool.store([Self.large("b")])
    }

    @Test("a message that cannot be set aside stays where it is; the reserve is given back for it, and that shows")
    func aside() async throws {
        let folder = try Folder()
        let spool = try await SpoolTests.open(folder, limit: 1 << 30)
        let places = try await spool.store([Self.large("a")])
        try await spool.limitGrowth(to: 2)
        await #expect(throws: SpoolError.self) {
            try await spool.setAside(Self.large("a"), from: places[0], because: "no")
        }
        #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/reserve"))
        #expect(try await spool.places() == places)
        #expect(spool.bytesAside == 0)
        try await spool.limitGrowth(to: 1000)
        #expect(spool.trouble != nil)
        await #expect(throws: SpoolError.self) { try await spool.store([Self.large("b")]) }
        try await spool.setAside(Self.large("a"), from: places[0], because: "no")
        #expect(try await spool.places() == [])
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/reserve"))
        #expect(spool.bytesAside == 60_000)
    }

    @Test("a process that finds no room for the reserve takes nothing until all is forgotten")
    func noReserve() async throws {
        let folder = try Folder()
        let places = try await SpoolTests.open(folder).store([message("a"), message("b")])
        let reserve = "\(folder.path)/reserve"
        try FileManager.default.removeItem(atPath: reserve)
        try FileManager.default.createDirectory(atPath: reserve, withIntermediateDirectories: false)
        let spool = try await SpoolTests.open(folder)
        #expect(spool.trouble != nil)
        await #expect(throws: SpoolError.self) { try await spool.store([message("c")]) }
        try await spool.remove([places[0]])
        #expect(spool.trouble != nil)
        try FileManager.default.removeItem(atPath: reserve)
        try await spool.remove([places[1]])
        #expect(spool.trouble == nil)
        _ = try await spool.store([message("c")])
    }

    @Test("a reserve that was given back is taken again when the disk has room, whatever waits")
    func reserveAgain() async throws {
        let folder = try Folder()
        _ = try await SpoolTests.open(folder).store([message("a")])
        let reserve = "\(folder.path)/reserve"
        try FileManager.default.removeItem(atPath: reserve)
        try FileManager.default.createDirectory(atPath: reserve, withIntermediateDirectories: false)
        let spool = try await SpoolTests.open(folder)
        await spool.tryAgain()
        #expect(spool.trouble != nil)
        try FileManager.default.removeItem(atPath: reserve)
        await spool.tryAgain()
        #expect(spool.trouble == nil)
        _ = try await spool.store([message("b")])
    }

    @Test("a damaged page among good ones loses only what is on it")
    func damagedPage() async throws {
        let folder = try Folder()
        let places: [SpoolPlace]
        do {
            let spool = try await SpoolTests.open(folder)
            // One message a page.
            places = try await spool.store((10..<60).map { Self.large("\($0)", 3000) })
        }
        let path = "\(folder.path)/spool.sqlite"
        var file = try Data(contentsOf: URL(fileURLWithPath: path))
        let position = try #require(file.range(of: Data("id-30".utf8))).lowerBound
        let page = position / 4096 * 4096
        file.replaceSubrange(page..<page + 4096, with: Data(repeating: 0xff, count: 4096))
        try file.write(to: URL(fileURLWithPath: path))

        let spool = try await SpoolTests.open(folder)
        #expect(spool.bytes == 49 * 3000)
        #expect(try await spool.places() == places)
        for place in places where place != places[20] {
            #expect(try await spool.read([place]).map(\.message.id) == ["id-\(place + 9)"])
        }
        await #expect(throws: SpoolError.self) { try await spool.read([places[20]]) }
        // Its neighbour cannot leave without it, and keeps no other.
        try await spool.remove([places[19], places[0], places[40]])
        #expect(try await spool.read([places[0]]).isEmpty)
        #expect(try await spool.read([places[40]]).isEmpty)
    }
}
