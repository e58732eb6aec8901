import AWSCore

/// Reads one message after another: the state between a message's root and its items.
///
/// A value, so that its buffers are reached without the checks that a class's members cost. Attributes are written
/// while members are read, each once; what must come first or needs all members is held back in ``EventFacts``.
struct MessageReader: ~Copyable {
    let layout: Layout
    /// `nil`: items are kept for ever.
    let retentionSeconds: Int64?
    private let sliceBytes: Int

    var message = ProcessedMessage()
    /// The message's id.
    var id: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Counts all events of the message.
    var ordinal = 0
    /// The next entry's position.
    var position = 0

    var beacon = BeaconFacts()
    var beaconAttributes: AttributeWriter
    var beaconExtra = Extra()
    /// `extra` of an event that has none of its own; empty until it is needed.
    var sharedExtra: AttributeWriter

    var event = EventFacts()
    var eventAttributes: AttributeWriter
    var eventExtra = Extra()

    var keys = ByteTable()
    var partitions = PartitionTable()
    var names = ByteTable()
    var rollups: [Rollup] = []
    var rollupItems: [Item] = []
    /// Bytes of the rollups' lines.
    var lineBytes = 0
    var slice = ItemSlice()
    var quarantine = Quarantine()
    var quarantineItems: [Item] = []
    let deflater = Deflater()

    /// An item, a line of a segment, or a key, while it is put together.
    var scratch = OutputBuffer()
    var keyScratch = OutputBuffer(capacity: 512)

    init(layout: Layout, retention: Duration, sliceBytes: ByteCount) {
        self.layout = layout
        self.sliceBytes = sliceBytes.bytes
        retentionSeconds = retention > .zero ? retention.components.seconds : nil
        beaconAttributes = AttributeWriter(isTyped: layout == .events)
        sharedExtra = AttributeWriter(isTyped: layout == .events)
        eventAttributes = AttributeWriter(isTyped: layout == .events)
    }

    /// Reads a message.
    ///
    /// - Parameters:
    ///   - root: Its root.
    ///   - bytes: Its bytes, from which quarantine copies.
    ///   - from: The number of the first item to be made.
    /// - Returns: Its items, as many as a slice has.
    /// - Throws: ``Unreadable`` where it is not of the envelope's form.
    mutating func read(
        _ root: JSONValue, of bytes: UnsafeRawBufferPointer, from: Int
    ) throws(Unreadable) -> Processed {
        guard root.kind == .object else { throw Unreadable("the message is no object") }
        switch root["v"]?.kind {
        case .integer where root["v"]?.integer == Int64(Envelope.version): break
        case .integer, .unsignedInteger: return .unknownVersion
        default: throw Unreadable("the message has no version")
        }
        guard let id = root["id"]?.utf8, EventKey.idLength.contains(id.count) else {
            throw Unreadable("the message's id is no string of 1 to 128 bytes")
        }
        guard let beacons = root["beacons"], beacons.kind == .array else {
            throw Unreadable("the message's beacons are no array")
        }
        reset(id)
        slice = ItemSlice(from: from, limit: sliceBytes)
        quarantine.begin(bytes, root)
        for entry in beacons.elements {
            try read(entry: entry)
            position += 1
        }
        return .items(finish())
    }

    private mutating func reset(_ id: UnsafeRawBufferPointer) {
        message = ProcessedMessage()
        message.messageID = String(decoding: id, as: UTF8.self)
        self.id = id
        ordinal = 0
        position = 0
        keys.removeAll()
        partitions.removeAll()
        names.removeAll()
        rollups.removeAll(keepingCapacity: true)
        rollupItems = []
        lineBytes = 0
        quarantineItems = []
        quarantine.reset()
    }

    private mutating func finish() -> ProcessedMessage {
        for index in rollups.indices { finishPart(index) }
        message.items += rollupItems
        message.items += quarantineItems
        message.next = slice.next
        rollupItems = []
        quarantineItems = []
        quarantine.reset()
        defer { message = ProcessedMessage() }
        return message
    }
}
