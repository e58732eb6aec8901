import AWSCore

/// Makes the table where it is missing, and waits until it can be used; leaves alone what is there.
struct TableSetup: Sendable {
    /// DynamoDB makes a table within seconds, seldom within a minute.
    static let patience = Duration.seconds(300)

    let client: DynamoDBClient
    let name: String
    let clock: WorkerClock

    /// - Returns: What was found or done.
    /// - Throws: `AWSError`; `TableNotActive` where the table does not get ready in time.
    func run() async throws -> Finding {
        let details = "billed on demand, key pk and sk, TTL on ttl"
        let existing = try await describe()
        if let existing, existing.status != "CREATING" {
            let table = try await untilActive(existing)
            let differences = try await differences(of: table)
            return Finding(subject: "table \(name)", state: .existed(differences: differences), details: details)
        }
        // One that is being made is the work of another setup, which may have died before it turned on TTL.
        if existing == nil { try await create() }
        _ = try await untilActive(describe())
        try await enableTimeToLive()
        return Finding(subject: "table \(name)", state: .created, details: details)
    }

    private func describe() async throws(AWSError) -> TableDescription? {
        do throws(AWSError) {
            return try await client.describeTable(name)
        } catch {
            if error.category == .missing { return nil }
            throw error
        }
    }

    private func create() async throws(AWSError) {
        do throws(AWSError) {
            try await client.createTable(
                name, partitionKey: DynamoDBTable.partitionKey, sortKey: DynamoDBTable.sortKey)
        } catch {
            // Another setup was faster.
            guard error.code == "ResourceInUseException" else { throw error }
        }
    }

    private func enableTimeToLive() async throws(AWSError) {
        do throws(AWSError) {
            try await client.updateTimeToLive(table: name, attributeName: DynamoDBTable.timeToLive)
        } catch {
            // It is on already, or is being turned on.
            guard error.code == "ValidationException" else { throw error }
        }
    }

    private func untilActive(_ description: TableDescription?) async throws -> TableDescription {
        var description = description
        let deadline = clock.now() + Self.patience
        while true {
            // A table that is updated can be used.
            if let description, description.status == "ACTIVE" || description.status == "UPDATING" {
                return description
            }
            guard clock.now() < deadline else {
                throw TableNotActive(name: name, status: description?.status ?? "missing")
            }
            try await clock.sleep(.milliseconds(500))
            description = try await describe()
        }
    }

    private func differences(of table: TableDescription) async throws(AWSError) -> [String] {
        var differences: [String] = []
        let key = table.keySchema.map { "\($0.name) (\($0.type), \(table.attributeTypes[$0.name] ?? "?"))" }
            .joined(separator: ", ")
        let wanted = "\(DynamoDBTable.partitionKey) (HASH, S), \(DynamoDBTable.sortKey) (RANGE, S)"
        if key != wanted { differences.append("the key is \(key), it must be \(wanted)") }
        if table.billingMode != "PAY_PER_REQUEST" {
            differences.append("billing is \(table.billingMode), it should be PAY_PER_REQUEST")
        }
        let timeToLive = try await client.describeTimeToLive(table: name)
        if !timeToLive.isOn || timeToLive.attributeName != DynamoDBTable.timeToLive {
            let actual = timeToLive.isOn ? "on \(timeToLive.attributeName ?? "?")" : "off"
            differences.append("TTL is \(actual), it should be on \(DynamoDBTable.timeToLive)")
        }
        return differences
    }
}

/// The table does not get ready.
struct TableNotActive: Error, CustomStringConvertible {
    let name: String
    let status: String

    var description: String { "table \(name) is still \(status) after \(TableSetup.patience); try again later" }
}
