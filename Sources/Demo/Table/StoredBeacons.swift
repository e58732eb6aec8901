import AWSCore
import Operations

/// What the table holds, read by its keys.
struct StoredBeacons: Sendable {
    let client: DynamoDBClient
    let table: String

    /// A map's figures of one hour, summed over its rollups.
    struct Hour: Sendable, Equatable {
        var events = 0
        var items = 0
    }

    /// What the table holds of one map.
    struct MapContent: Sendable, Equatable {
        let map: String
        /// The keys of its events.
        var eventKeys: Set<String> = []
        /// Its rollups, by the hour as keys write it.
        var hours: [String: Hour] = [:]
    }

    /// The table with a client from AWS's own settings.
    ///
    /// - Parameters:
    ///   - environment: The environment variables with AWS's settings.
    ///   - table: The table's name.
    ///   - transport: Carries the requests.
    /// - Returns: The table; nothing has been asked of it yet.
    /// - Throws: `ConfigurationError` where the settings name no region or endpoint.
    static func connect(
        environment: [String: String], table: String, transport: any Transport
    ) async throws -> StoredBeacons {
        let configuration = try AWSConfiguration.load(environment: environment)
        let region = try await configuration.resolveRegion(transport: transport)
        let client = try configuration.client(
            for: .dynamoDB, region: region, credentials: configuration.credentialsProvider(transport: transport),
            transport: transport)
        return StoredBeacons(client: DynamoDBClient(client), table: table)
    }

    /// Reads what is stored of some maps.
    ///
    /// - Parameters:
    ///   - maps: The maps' ids.
    ///   - hours: The hours to look at.
    /// - Returns: A map's content for each, in the order asked for.
    /// - Throws: `AWSError`.
    func read(maps: [String], hours: HourRange) async throws -> [MapContent] {
        var contents: [String: MapContent] = [:]
        try await withThrowingTaskGroup(of: MapContent.self) { group in
            var waiting = maps.makeIterator()
            for _ in 0..<8 {
                if let map = waiting.next() { group.addTask { try await content(of: map, hours) } }
            }
            while let content = try await group.next() {
                contents[content.map] = content
                if let map = waiting.next() { group.addTask { try await self.content(of: map, hours) } }
            }
        }
        return maps.compactMap { contents[$0] }
    }

    private func content(of map: String, _ hours: HourRange) async throws -> MapContent {
        var content = MapContent(map: map)
        for day in hours.days {
            try await each("e#\(map)#\(day)#0", "sk") { item in
                if let key = item["sk"]?.string { content.eventKeys.insert(key) }
            }
        }
        for hour in hours.hours {
            try await each("r#\(map)#\(hour)", "n") { item in
                content.hours[hour, default: Hour()].items += 1
                content.hours[hour, default: Hour()].events += item["n"]?.integer ?? 0
            }
        }
        return content
    }

    private func each(
        _ partition: String, _ attribute: String, _ body: ([String: AttributeValue]) -> Void
    ) async throws {
        var query = DynamoDBQuery(table: table, keyCondition: "pk = :pk", values: [":pk": .string(partition)])
        query.projection = "#attribute"
        query.names = ["#attribute": attribute]
        query.consistentRead = true
        try await client.queryAll(query, body)
    }
}

/// Hours one after the other, as the table's keys write them.
struct HourRange: Sendable, Equatable {
    /// Hours as `yyyymmddHH`, ascending.
    let hours: [String]

    /// - Parameters:
    ///   - start: A moment in the first hour.
    ///   - end: A moment in the last hour.
    init(from start: Timestamp, through end: Timestamp) {
        let first = start.seconds / 3600
        let last = Swift.max(first, end.seconds / 3600)
        hours = (first...last).map { hour in
            // 2026-01-02T03:… to 2026010203.
            String(Timestamp(seconds: hour * 3600).iso8601.prefix(13).filter(\.isNumber))
        }
    }

    /// The days of the hours, as `yyyymmdd`.
    var days: [String] {
        hours.map { String($0.prefix(8)) }.reduce(into: []) { days, day in
            if days.last != day { days.append(day) }
        }
    }
}
