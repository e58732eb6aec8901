import AWSCore
import Foundation
import GRDB
import Locking
import NIOCore
import Operations

/// A spool in one folder of one process: an SQLite database (WAL, synchronous FULL), and a lock.
///
/// A commit is on disk when it returns, so what is answered 200 survives a kill and a power cut.
final class SQLiteSpool: Spool {
    private struct State {
        var database: DatabaseQueue?
        var lock: FolderLock?
        var budget: SpoolBudget
        /// Why it takes no message: set where the disk refuses, cleared only by a commit that shows the contrary.
        var trouble: SpoolError? = .broken("it is not open yet")
        /// The size of the largest message that the disk refused.
        var refusedSize = 0
    }

    private let folder: String
    private let limit: ByteCount
    private let clock: @Sendable () -> Timestamp
    private let state: Guarded<State>
    private let reserve: DiskReserve

    /// - Parameters:
    ///   - folder: The folder; made if it is not there.
    ///   - limit: How many bytes of messages it may hold, those set aside included.
    ///   - clock: When messages came.
    init(folder: String, limit: ByteCount, clock: @escaping @Sendable () -> Timestamp) {
        self.folder = folder
        self.limit = limit
        self.clock = clock
        state = Guarded(State(budget: SpoolBudget(limit: limit.bytes)))
        reserve = DiskReserve(path: "\(folder)/reserve")
    }

    /// Bytes of the messages in it, those set aside included.
    var bytes: Int { state.withLock { $0.budget.bytes } }

    /// Bytes of the messages set aside.
    var bytesAside: Int { state.withLock { $0.budget.aside } }

    /// Why it cannot take a message now; `nil` if it can.
    var trouble: SpoolError? {
        let (trouble, isFull) = state.withLock { ($0.trouble, $0.budget.isFull) }
        if let trouble { return trouble }
        if reserve.isGiven { return diskFull }
        return isFull ? .full : nil
    }

    /// What was given back is for forgetting: until all is forgotten, nothing more is taken.
    private var diskFull: SpoolError {
        .broken("\(folder): the disk is full; what is there goes to the queue first")
    }

    /// Opens the folder for this process alone. Messages set aside are put back: the queue is asked again for them
    /// once a start.
    ///
    /// - Returns: How many messages were put back.
    /// - Throws: ``SpoolError``: another process has it, or it is damaged, or not writable.
    @discardableResult
    func open() async throws(SpoolError) -> Int {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let lock = try FolderLock(folder: folder)
            var configuration = Configuration()
            configuration.label = "spool"
            configuration.journalMode = .wal
            // A person may have it open, too.
            configuration.busyMode = .timeout(2)
            let database = try DatabaseQueue(path: "\(folder)/spool.sqlite", configuration: configuration)
            try await database.writeWithoutTransaction { database in
                // GRDB's WAL mode is synchronous NORMAL, which a power cut can take commits from.
                try database.execute(sql: "PRAGMA synchronous = FULL")
                // A log no larger than the reserve: on a full disk its pages must find room in the database.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 200")
                _ = try Int.fetchOne(database, sql: "PRAGMA journal_size_limit = 1048576")
            }
            try await database.write { try SpoolTables.migrate($0) }
            let back = reserve.take() ? try await putBack(database) : 0
            let (waiting, aside) = try await database.writeWithoutTransaction { database in
                (try SpoolTables.messages.bytes(database), try SpoolTables.refused.bytes(database))
            }
            state.withLock { state in
                state.database = database
                state.lock = lock
                state.budget = SpoolBudget(limit: limit.bytes, waiting: waiting, aside: aside)
                state.trouble = nil
            }
            return back
        } catch {
            throw noted(error)
        }
    }

    /// Puts back what was set aside, a few at a time, as the log is to stay small. What the disk refuses stays aside.
    private func putBack(_ database: DatabaseQueue) async throws -> Int {
        var count = 0
        while let more = try? await database.write({ try SpoolTables.putBack(8, $0) }), more > 0 { count += more }
        return count
    }

    func store(_ messages: [PackedMessage]) async throws(SpoolError) -> [SpoolPlace] {
        let fitting = try claim(messages)
        let at = clock().milliseconds
        let write = { @Sendable (database: Database) in try SpoolTables.messages.insert(fitting, at: at, database) }
        do {
            return try await storing(fitting, write)
        } catch {
            // On a full disk the log may be what takes the room that the database has.
            try? await checkpoint()
            do {
                return try await storing(fitting, write)
            } catch {
                let size = fitting.reduce(0) { $0 + $1.bytes.count }
                state.withLock { state in
                    state.budget.free(size)
                    state.refusedSize = fitting.map(\.bytes.count).max() ?? 0
                }
                throw noted(error)
            }
        }
    }

    /// Takes room for messages: from the first on, for as many as there is.
    private func claim(_ messages: [PackedMessage]) throws(SpoolError) -> [PackedMessage] {
        if reserve.isGiven { throw diskFull }
        let count = state.withLock { $0.budget.claim(messages.map(\.bytes.count)) }
        guard count > 0 || messages.isEmpty else { throw .full }
        return count == messages.count ? messages : Array(messages.prefix(count))
    }

    private func storing<Value: Sendable>(
        _ messages: [PackedMessage], _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(SpoolError) -> Value {
        let value = try await write(body)
        state.withLock { $0.trouble = nil }
        return value
    }

    func places() async throws(SpoolError) -> [SpoolPlace] {
        try await access { try SpoolTables.messages.places($0) }
    }

    func read(_ places: [SpoolPlace]) async throws(SpoolError) -> [SpooledMessage] {
        try await access { try SpoolTables.messages.read(places, $0) }
    }

    func remove(_ places: [SpoolPlace]) async throws(SpoolError) {
        let removed = try await forgetting { try SpoolTables.messages.delete(places, $0) }
        state.withLock { state in
            state.budget.free(removed)
            if removed > 0 { state.trouble = nil }
        }
        await keepReserve()
    }

    func setAside(_ message: PackedMessage, from place: SpoolPlace?, because reason: String) async throws(SpoolError) {
        if place == nil { _ = try claim([message]) }
        let size = message.bytes.count
        let at = clock().milliseconds
        do {
            try await forgetting { database in
                try database.inTransaction {
                    try SpoolTables.refused.insert([message], at: at, because: reason, database)
                    if let place { try SpoolTables.messages.delete(place, database) }
                    return .commit
                }
            }
        } catch {
            if place == nil { state.withLock { $0.budget.free(size) } }
            throw error
        }
        state.withLock { $0.budget.moveAside(size) }
        await keepReserve()
    }

    /// A commit that lets messages go: that takes room, too, and a full disk gets back what was kept for this.
    private func forgetting<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(SpoolError) -> Value {
        do {
            return try await access(body)
        } catch {
            guard reserve.giveBack() else { throw noted(error) }
            try? await checkpoint()
            do {
                return try await access(body)
            } catch {
                throw noted(error)
            }
        }
    }

    /// Takes the reserve again when nothing is left to forget.
    private func keepReserve() async {
        guard reserve.isGiven else { return }
        try? await checkpoint()
        if state.withLock({ $0.budget.waiting }) == 0 { reserve.take() }
    }

    /// Finds out whether a disk that has refused takes messages again, by a commit of the size that it refused: without
    /// that, a catcher that says it is not ready, and so gets no beacons, would never hear.
    func tryAgain() async {
        let (isOpen, trouble, refused) = state.withLock { ($0.database != nil, $0.trouble, $0.refusedSize) }
        let wasGiven = reserve.isGiven
        guard isOpen, trouble != nil || wasGiven, !wasGiven || reserve.take() else { return }
        do throws(SpoolError) {
            try await write { try SpoolTables.writeTrial(max(65_536, refused), $0) }
            try await write { try SpoolTables.dropTrial($0) }
            state.withLock { $0.trouble = nil }
        } catch {
            if wasGiven { _ = reserve.giveBack() }
            _ = noted(error)
        }
    }

    /// Empties the write-ahead log into the database.
    private func checkpoint() async throws {
        guard let database = state.withLock({ $0.database }) else { return }
        _ = try await database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }

    /// One transaction.
    private func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(SpoolError) -> Value {
        guard let database = state.withLock({ $0.database }) else { throw .broken("it is not open") }
        do {
            return try await database.write(body)
        } catch {
            throw described(error)
        }
    }

    /// Something on SQLite's own thread, without a transaction: after what cannot be read, none commits.
    func access<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(SpoolError) -> Value {
        guard let database = state.withLock({ $0.database }) else { throw .broken("it is not open") }
        do {
            return try await database.writeWithoutTransaction(body)
        } catch {
            throw described(error)
        }
    }

    private func described(_ error: any Error) -> SpoolError {
        switch error {
        case let error as SpoolError: error
        case let error as DatabaseError:
            .broken("\(folder): \(error.message ?? error.resultCode.description) (SQLite \(error.resultCode.rawValue))")
        default: .broken("\(folder): \(error)")
        }
    }

    /// Keeps an error for readiness.
    private func noted(_ error: any Error) -> SpoolError {
        let error = described(error)
        state.withLock { $0.trouble = error }
        return error
    }
}
