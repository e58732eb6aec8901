import Locking
import AWSCore
import Foundation
import GRDB
import NIOCore
import Operations

/// A spool in one folder of one process: an SQLite database (WAL, synchronous FULL), and a lock.
///
/// A commit is on disk when it returns, so what is answered 200 survives a kill and a power cut.
final class SQLiteSpool: Spool {
    private struct State {
        var database: DatabaseQueue?
        var lock: FolderLock?
        var bytes = 0
        var trouble: SpoolError? = .broken("it is not open yet")
    }

    private let folder: String
    private let limit: ByteCount
    private let clock: @Sendable () -> Timestamp
    private let state = Guarded(State())
    private let reserve: DiskReserve

    /// - Parameters:
    ///   - folder: The folder; made if it is not there.
    ///   - limit: How many bytes of messages it may hold.
    ///   - clock: When messages came.
    init(folder: String, limit: ByteCount, clock: @escaping @Sendable () -> Timestamp) {
        self.folder = folder
        self.limit = limit
        self.clock = clock
        reserve = DiskReserve(path: "\(folder)/reserve")
    }

    /// Bytes of the messages in it.
    var bytes: Int { state.withLock { $0.bytes } }

    /// Why it cannot be used now; `nil` if it can.
    var trouble: SpoolError? {
        state.withLock { state in
            if let trouble = state.trouble { return trouble }
            return state.bytes >= limit.bytes ? .full : nil
        }
    }

    /// Opens the folder for this process alone.
    ///
    /// - Throws: ``SpoolError``: another process has it, or it is damaged, or not writable.
    func open() async throws(SpoolError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let lock = try FolderLock(folder: folder)
            var configuration = Configuration()
            configuration.label = "spool"
            configuration.journalMode = .wal
            let database = try DatabaseQueue(path: "\(folder)/spool.sqlite", configuration: configuration)
            try await database.writeWithoutTransaction { database in
                // GRDB's WAL mode is synchronous NORMAL, which a power cut can take commits from.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // A log no larger than the reserve: on a full disk its pages must find room in the database.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 200")
                _ = try Int.fetchOne(database, sql: "PRAGMA journal_size_limit = 1048576")
            }
            let bytes = try await database.write { database in
                try Self.migrate(database)
                return try Int.fetchOne(database, sql: "SELECT coalesce(sum(length(body)), 0) FROM messages") ?? 0
            }
            reserve.take()
            state.withLock { state in
                state.database = database
                state.lock = lock
                state.bytes = bytes
                state.trouble = nil
            }
        } catch {
            throw noted(error)
        }
    }

    private static func migrate(_ database: Database) throws {
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

    func store(_ messages: [PackedMessage]) async throws(SpoolError) -> [SpoolPlace] {
        // What was given back is for forgetting: until all is forgotten, nothing more is taken.
        if reserve.isGiven {
            throw noted(.broken("\(folder): the disk is full; what is there goes to the queue first"))
        }
        let size = messages.reduce(0) { $0 + $1.bytes.count }
        guard bytes + size <= limit.bytes else { throw .full }
        let places: [SpoolPlace]
        do throws(SpoolError) {
            places = try await insert(messages)
        } catch {
            // On a full disk the log may be what takes the room that the database has.
            try? await checkpoint()
            places = try await insert(messages)
        }
        state.withLock { $0.bytes += size }
        return places
    }

    private func insert(_ messages: [PackedMessage]) async throws(SpoolError) -> [SpoolPlace] {
        let at = clock().milliseconds
        return try await write { database in
            let insert = try database.makeStatement(
                sql: "INSERT INTO messages (id, at, beacons, body) VALUES (?, ?, ?, ?)")
            return try messages.map { message in
                try insert.execute(arguments: [message.id, at, message.beacons, Data(message.bytes)])
                return database.lastInsertedRowID
            }
        }
    }

    func places() async throws(SpoolError) -> [SpoolPlace] {
        try await write { try Int64.fetchAll($0, sql: "SELECT place FROM messages ORDER BY place") }
    }

    func read(_ places: [SpoolPlace]) async throws(SpoolError) -> [(place: SpoolPlace, message: PackedMessage)] {
        try await write { database in
            let select = try database.makeStatement(sql: "SELECT id, beacons, body FROM messages WHERE place = ?")
            var found: [(SpoolPlace, PackedMessage)] = []
            var size = 0
            for place in places.prefix(sqsMaxBatchEntries) {
                guard let row = try Row.fetchOne(select, arguments: [place]) else { continue }
                let body: Data = row[2]
                size += body.count
                if size > sqsMaxBatchSize.bytes { break }
                let message = PackedMessage(
                    id: row[0], bytes: [UInt8](body), beacons: row[1], pendingBytes: 0, openedAt: .distantPast,
                    waiting: [])
                found.append((place, message))
            }
            return found
        }
    }

    func remove(_ places: [SpoolPlace]) async throws(SpoolError) {
        do throws(SpoolError) {
            try await delete(places)
        } catch {
            // Forgetting takes room, too: a full disk gets back what was kept for this.
            guard reserve.giveBack() else { throw error }
            try? await checkpoint()
            try await delete(places)
        }
        if reserve.isGiven {
            try? await checkpoint()
            if bytes == 0 { reserve.take() }
        }
    }

    private func delete(_ places: [SpoolPlace]) async throws(SpoolError) {
        let removed = try await write { database in
            let delete = try database.makeStatement(
                sql: "DELETE FROM messages WHERE place = ? RETURNING length(body)")
            return try places.reduce(0) { $0 + (try Int.fetchOne(delete, arguments: [$1]) ?? 0) }
        }
        state.withLock { $0.bytes -= removed }
    }

    /// Empties the write-ahead log into the database.
    private func checkpoint() async throws {
        guard let database = state.withLock({ $0.database }) else { return }
        _ = try await database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    func setAside(_ message: PackedMessage, from place: SpoolPlace?, because reason: String) async throws(SpoolError) {
        let at = clock().milliseconds
        try await write { database in
            try database.execute(
                sql: "INSERT INTO refused (id, at, beacons, body, reason) VALUES (?, ?, ?, ?, ?)",
                arguments: [message.id, at, message.beacons, Data(message.bytes), reason])
        }
        if let place { try await remove([place]) }
    }

    /// SQLite's `synchronous`: 2 is FULL.
    func synchronous() async throws(SpoolError) -> Int? {
        try await write { try Int.fetchOne($0, sql: "PRAGMA synchronous") }
    }

    /// One transaction on SQLite's own thread.
    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(SpoolError) -> Value {
        guard let database = state.withLock({ $0.database }) else { throw .broken("it is not open") }
        do {
            let value = try await database.write(body)
            state.withLock { $0.trouble = nil }
            return value
        } catch {
            throw noted(error)
        }
    }

    /// Keeps an error for readiness, until the next success.
    private func noted(_ error: any Error) -> SpoolError {
        let reason: String
        switch error {
        case let error as SpoolError: return noted(error)
        case let error as DatabaseError:
            reason = "\(folder): \(error.message ?? error.resultCode.description) (SQLite \(error.resultCode.rawValue))"
        default: reason = "\(folder): \(error)"
        }
        return noted(.broken(reason))
    }

    private func noted(_ error: SpoolError) -> SpoolError {
        state.withLock { $0.trouble = error }
        return error
    }
}
