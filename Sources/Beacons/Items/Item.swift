/// An item of the table, ready to be written.
public struct Item: Sendable, Hashable {
    /// What an item is.
    public enum Kind: Sendable {
        /// An event, in the `events` layout.
        case event
        /// A message's figures of one map and hour; in the `segments` layout with its events.
        case rollup
        /// What was refused, whole, with the reason.
        case quarantine
    }

    /// What it is.
    public let kind: Kind
    /// `pk`. Keys differ where their bytes do; `String` calls some of those equal (canonical equivalence).
    public let partitionKey: String
    /// `sk`.
    public let sortKey: String
    /// The whole item, keys included, in DynamoDB's JSON: `{"pk":{"S":"…"},…}`.
    public let json: [UInt8]
    /// The position in the message of the beacon that it is of; `nil` for a rollup, and for a message quarantined whole.
    public let beacon: Int?

    init(kind: Kind, partitionKey: String, sortKey: String, json: [UInt8], beacon: Int? = nil) {
        self.kind = kind
        self.beacon = beacon
        self.partitionKey = partitionKey
        self.sortKey = sortKey
        self.json = json
    }

    /// The item without its ``json``.
    public var bare: Item {
        Item(kind: kind, partitionKey: partitionKey, sortKey: sortKey, json: [], beacon: beacon)
    }
}

/// How events lie in the table.
public enum Layout: String, Sendable, CaseIterable {
    /// An item for each event, and a rollup for each message, map and hour.
    case events
    /// The events inside the rollups, deflated.
    case segments
}

/// What a message came to.
public enum Processed: Sendable {
    /// It was read; or it could not be, and is quarantined whole.
    case items(ProcessedMessage)
    /// A message of another version than 1: to be left for a newer worker.
    case unknownVersion
}

/// The items of a message, or a slice of them; the counts are the whole message's in each.
public struct ProcessedMessage: Sendable {
    /// What to write: events, rollups, quarantine, each in the order of the message. No two have the same key.
    public var items: [Item] = []
    /// From where to process the message for its next slice of items; `nil` where these are the last.
    public var next: Int?
    /// The id within the message; where it could not be read, SQS's own.
    public var messageID: String = ""
    /// Events that items hold.
    public var storedEvents = 0
    /// Events that the message held twice.
    public var duplicateEvents = 0
    /// Events that were refused.
    public var quarantinedEvents = 0
    /// Whether the message could not be read and is quarantined whole; its events are in no count then.
    public var isUnreadable = false

    /// Nothing yet.
    public init() {}
}
