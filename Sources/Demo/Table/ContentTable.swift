extension TextTable {
    /// Events a map, and rollups a map and hour.
    ///
    /// - Parameters:
    ///   - contents: What the table holds.
    ///   - hours: The hours that were looked at; those without a rollup get no column.
    /// - Returns: The table, the sums in its last row.
    static func contents(_ contents: [StoredBeacons.MapContent], hours: HourRange) -> TextTable {
        let shown = hours.hours.filter { hour in contents.contains { $0.hours[hour] != nil } }
        // Hours beyond these would make lines that no terminal shows whole: their sum is in the rollups' own column.
        let columns = shown.suffix(6)
        var table = TextTable(
            header: ["map", "events", "rollups"] + columns.map { "\($0.suffix(2)):00 UTC" })
        for content in contents {
            table.rows.append(
                [content.map, grouped(content.eventKeys.count), cell(content.hours.values)]
                    + columns.map { hour in content.hours[hour].map { cell([$0]) } ?? "–" })
        }
        table.total =
            ["all", grouped(contents.map(\.eventKeys.count).reduce(0, +)), cell(contents.flatMap(\.hours.values))]
            + columns.map { hour in cell(contents.compactMap { $0.hours[hour] }) }
        return table
    }

    /// The events that rollups count, and in brackets how many rollups do.
    private static func cell(_ hours: some Sequence<StoredBeacons.Hour>) -> String {
        let sum = hours.reduce(into: StoredBeacons.Hour()) { sum, hour in
            sum.events += hour.events
            sum.items += hour.items
        }
        return "\(grouped(sum.events)) (\(grouped(sum.items)))"
    }
}
