import AWSCore
import Foundation
import GRDB
import NIOCore

/// A table of the spool's database.
struct SpoolTables {
    /// Messages for the queue.
    static let messages = SpoolTables(name: "messages")
    /// Messages that the queue refuses for good, with the reason.
    static let refused = SpoolTables(name: "refused")

    let name: String

    static func migrate(_ database: Database) throws {
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        if version > 1 { throw SpoolError.broken("it was written by a newer catcher") }
        guard version == 0 else { return }
        try database.execute(
            sql: """
                CREATE TABLE messages (
                    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at INTEGER NOT NULL,
                    beacons INTEGER NOT NULL, body BLOB NOT NULL);
                CREATE TABLE refused (
                    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at INTEGER NOT NULL,
                    beacons INTEGER NOT NULL, body BLOB NOT NULL, reason TEXT NOT NULL);
                PRAGMA user_version = 1;
                """)
    }

    @discardableResult
    func insert(
        _ messages: [PackedMessage], at: Int64, because reason: String? = nil, _ database: Database
    ) throws -> [SpoolPlace] {
        let more = reason == nil ? ("", "") : (", reason", ", ?")
        let insert = try database.makeStatement(
            sql: "INSERT INTO \(name) (id, at, beacons, body\(more.0)) VALUES (?, ?, ?, ?\(more.1))")
        return try messages.map { message in
            var arguments: StatementArguments = [message.id, at, message.beacons, Data(message.bytes)]
            if let reason { arguments += [reason] }
            try insert.execute(arguments: arguments)
            return database.lastInsertedRowID
        }
    }

    /// Reads messages: from the first on, as many as share a call to the queue.
    func read(_ places: [SpoolPlace], _ database: Database) throws -> [SpooledMessage] {
        let select = try database.makeStatement(sql: "SELECT id, beacons, body FROM \(name) WHERE place = ?")
        var found: [SpooledMessage] = []
        var size = 0
        for place in places.prefix(sqsMaxBatchEntries) {
            guard let row = try Row.fetchOne(select, arguments: [place]) else { continue }
            let body: Data = row[2]
            size += body.count
            if size > sqsMaxBatchSize.bytes { break }
            let message = PackedMessage(
                id: row[0], bytes: [UInt8](body), beacons: row[1], pendingBytes: 0, openedAt: .distantPast, waiting: [])
            found.append((place, message))
        }
        return found
    }

    /// Deletes messages, in one commit. One that a damaged page keeps stays, and holds up no other: the next process
    /// sends it again.
    ///
    /// - Returns: The bytes of those deleted.
    func delete(_ places: [SpoolPlace], _ database: Database) throws -> Int {
        var removed = 0
        do {
            try database.inTransaction {
                for place in places { removed += try delete(place, database) }
                return .commit
            }
        } catch let error as DatabaseError where Self.isDamage(error) {
            removed = 0
            for place in places {
                var size = 0
                let isDeleted: Void? = try? database.inTransaction {
                    size = try delete(place, database)
                    return .commit
                }
                if isDeleted != nil { removed += size }
            }
        }
        return removed
    }

    @discardableResult
    func delete(_ place: SpoolPlace, _ database: Database) throws -> Int {
        let delete = try database.cachedStatement(sql: "DELETE FROM \(name) WHERE place = ? RETURNING length(body)")
        return try Int.fetchOne(delete, arguments: [place]) ?? 0
    }

    /// Puts messages that were set aside among those for the queue.
    ///
    /// - Returns: How many.
    static func putBack(_ count: Int, _ database: Database) throws -> Int {
        let places = try Int64.fetchAll(
            database, sql: "SELECT place FROM refused ORDER BY place LIMIT ?", arguments: [count])
        guard let last = places.last else { return 0 }
        try database.execute(
            sql: """
                INSERT INTO messages (id, at, beacons, body)
                    SELECT id, at, beacons, body FROM refused WHERE place <= ? ORDER BY place
                """, arguments: [last])
        try database.execute(sql: "DELETE FROM refused WHERE place <= ?", arguments: [last])
        return places.count
    }

    /// Writes what a message would: only a commit tells whether the disk takes one.
    static func writeTrial(_ size: Int, _ database: Database) throws {
        try database.execute(sql: "CREATE TABLE IF NOT EXISTS trial (body BLOB NOT NULL)")
        try database.execute(sql: "INSERT INTO trial VALUES (zeroblob(?))", arguments: [size])
    }

    static func dropTrial(_ database: Database) throws {
        try database.execute(sql: "DROP TABLE IF EXISTS trial")
    }
}
