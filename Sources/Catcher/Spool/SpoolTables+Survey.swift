import GRDB

extension SpoolTables {
    /// Bytes of the messages in the table, as far as it can be read.
    func bytes(_ database: Database) throws -> Int {
        do {
            return try Int.fetchOne(database, sql: "SELECT coalesce(sum(length(body)), 0) FROM \(name)") ?? 0
        } catch let error as DatabaseError where Self.isDamage(error) {
            return try survey(database).rows.reduce(0) { $0 + $1.size }
        }
    }

    /// The places of all messages, in order. Where a page of the file is damaged, those that may have been on it are
    /// among them: reading them tells.
    func places(_ database: Database) throws -> [SpoolPlace] {
        do {
            return try Int64.fetchAll(database, sql: "SELECT place FROM \(name) ORDER BY place")
        } catch let error as DatabaseError where Self.isDamage(error) {
            let (rows, damaged) = try survey(database)
            return (rows.map(\.place) + damaged.flatMap { $0.prefix(Self.guesses) }).sorted()
        }
    }

    /// How many places are taken for lost messages of a damaged range.
    private static let guesses = 1000

    /// Whether a part of the file cannot be read.
    static func isDamage(_ error: DatabaseError) -> Bool {
        [.SQLITE_CORRUPT, .SQLITE_IOERR].contains(error.resultCode.primaryResultCode)
    }

    /// Goes through the table, around what cannot be read.
    private func survey(
        _ database: Database
    ) throws -> (rows: [(place: SpoolPlace, size: Int)], damaged: [ClosedRange<SpoolPlace>]) {
        let last =
            try Int64.fetchOne(database, sql: "SELECT seq FROM sqlite_sequence WHERE name = ?", arguments: [name]) ?? 0
        var rows: [(place: SpoolPlace, size: Int)] = []
        var damaged: [ClosedRange<SpoolPlace>] = []
        var next: SpoolPlace = 1
        while next <= last {
            do {
                let sql = "SELECT place, length(body) FROM \(name) WHERE place >= ? ORDER BY place"
                let cursor = try Row.fetchCursor(database, sql: sql, arguments: [next])
                while let row = try cursor.next() {
                    rows.append((row[0], row[1]))
                    next = rows[rows.count - 1].place + 1
                }
                break
            } catch let error as DatabaseError where Self.isDamage(error) {
                let end = try endOfDamage(next, last, database)
                damaged.append(next...end)
                next = end + 1
            }
        }
        return (rows, damaged)
    }

    /// The last place from which the table cannot be read, found in steps that double and then halve.
    private func endOfDamage(_ start: SpoolPlace, _ last: SpoolPlace, _ database: Database) throws -> SpoolPlace {
        var (low, step): (SpoolPlace, SpoolPlace) = (start, 1)
        while start + step <= last, try !isReadable(from: start + step, database) {
            low = start + step
            step *= 2
        }
        var high = min(last + 1, start + step)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if try isReadable(from: middle, database) { high = middle } else { low = middle }
        }
        return low
    }

    private func isReadable(from place: SpoolPlace, _ database: Database) throws -> Bool {
        do {
            let sql = "SELECT place, length(body) FROM \(name) WHERE place >= ? ORDER BY place LIMIT 1"
            _ = try Row.fetchOne(database, sql: sql, arguments: [place])
            return true
        } catch let error as DatabaseError where Self.isDamage(error) {
            return false
        }
    }
}
