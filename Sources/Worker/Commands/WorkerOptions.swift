import ArgumentParser
public import Beacons
public import Operations

/// The queue and the table, the same in every command.
struct DependencyOptions: ParsableArguments {
    @Option("queue", env: "BEACON_QUEUE", default: "beacons", help: "The queue's name or URL.")
    var queue: String

    @Option("table", env: "BEACON_TABLE", default: "beacons", help: "The table's name.")
    var table: String
}

/// How messages become items.
struct ProcessingOptions: ParsableArguments {
    @Option(
        "layout", env: "WORKER_LAYOUT", default: "events",
        help: "How events lie in the table: events or segments. Change it on an empty queue only.")
    var layout: Layout

    @Option("retention", env: "WORKER_RETENTION", default: "395d", help: "How long items live; 0: for ever.")
    var retention: Duration

    /// What makes a worker's processor.
    var makeProcessor: @Sendable () -> any Processing {
        { [layout, retention] in Processor(layout: layout, retention: retention) }
    }
}

extension Layout: SettingValue {}
