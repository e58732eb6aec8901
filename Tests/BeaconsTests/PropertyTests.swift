import AWSCore
import Foundation
import Testing

@testable import Beacons

/// What holds for every message, valid, mutated or neither. `BEACONS_FUZZ_SECONDS` makes the mutations go on for that
/// long, from `BEACONS_FUZZ_SEED` or a seed of the clock; a failure names the seed of its round.
struct PropertyTests {
    @Test("Random messages keep the contract's sums, and replays come to the same bytes", arguments: Layout.allCases)
    func valid(layout: Layout) throws {
        let check = Check(layout: layout)
        for seed in 0..<400 as Range<UInt64> {
            var random = RandomMessage(seed: seed)
            try check.run(random.message(), "seed \(seed)")
        }
    }

    @Test("Mutated messages always end in items, quarantine or an unknown version")
    func mutated() throws {
        let checks = Layout.allCases.map { Check(layout: $0) }
        var seed: UInt64 = 1_000_000
        var rounds = 1500
        var end = ContinuousClock.now
        let environment = ProcessInfo.processInfo.environment
        if let seconds = environment["BEACONS_FUZZ_SECONDS"].flatMap({ Int($0) }) {
            end += .seconds(seconds)
            seed =
                environment["BEACONS_FUZZ_SEED"].flatMap { UInt64($0) }
                ?? UInt64(truncatingIfNeeded: Timestamp.now().milliseconds)
            rounds = 0
        }
        let first = seed
        var done = 0
        while done < rounds || ContinuousClock.now < end {
            var random = RandomMessage(seed: seed)
            let message = random.message()
            try checks[done % checks.count].run(random.mutate(message), "seed \(seed)")
            seed += 1
            done += 1
        }
        print("mutated messages: \(done) from seed \(first)")
    }

    @Test("A body that the catcher takes comes out of the message whole, and never makes it unreadable")
    func throughTheEnvelope() throws {
        let reader = BodyReader()
        let processor = MessageProcessor(layout: .events, retention: .zero)
        var generator = UUIDv7Generator()
        var taken = 0
        for seed in 0..<1500 as Range<UInt64> {
            var random = RandomMessage(seed: seed)
            // A message is JSON like any other: an object of the client's making.
            var body = random.message()
            if random.chance(60) { body = random.mutate(body) }
            if random.chance(30) {
                body = Array("[".utf8) + body + Array(", {\"name\":\"\\ud800\",\"n\":99999999999999999999}]".utf8)
            }
            guard let reading = try? body.withUnsafeBytes({ try reader.read($0) }) else { continue }
            taken += 1
            let source = reading.rewritten ?? body
            var message: [UInt8] = []
            var entryBytes = 0
            EnvelopeWriter.open(id: generator.next(at: Timestamp(milliseconds: received)), to: &message)
            for (number, beacon) in reading.beacons.enumerated() {
                if number > 0 { EnvelopeWriter.separate(&message) }
                let start = message.count
                EnvelopeWriter.appendEntryHead(
                    at: Timestamp(milliseconds: received), userAgent: "\u{FFFF}\"", to: &message)
                message += source[beacon.range]
                EnvelopeWriter.closeEntry(&message)
                entryBytes += message.count - start
            }
            EnvelopeWriter.close(&message)
            #expect(
                message.count == EnvelopeWriter.messageSize(entries: reading.beacons.count, entryBytes: entryBytes))
            #expect(!message.withUnsafeBytes { SQSText.containsRefused($0) })
            guard
                case .items(let items) = processor.process(body: message, messageId: "m", sentTimestamp: nil, from: 0),
                !items.isUnreadable
            else {
                Issue.record("seed \(seed): accepted and unreadable")
                continue
            }
            #expect(
                items.storedEvents + items.duplicateEvents + items.quarantinedEvents
                    == reading.beacons.reduce(0) { $0 + $1.events }, "seed \(seed)")
        }
        #expect(taken > 300)
    }
}

/// Processes messages, and checks of each what the contract says of all.
private final class Check {
    private let layout: Layout
    /// Has seen all messages before.
    private let seasoned: MessageProcessor
    private let slicing: MessageProcessor

    init(layout: Layout) {
        self.layout = layout
        seasoned = MessageProcessor(layout: layout, retention: .seconds(1000))
        slicing = MessageProcessor(layout: layout, retention: .seconds(1000), sliceBytes: .bytes(1000))
    }

    func run(_ body: [UInt8], _ comment: Comment) throws {
        let sent = Timestamp(milliseconds: received)
        let first = seasoned.process(body: body, messageId: "sqs", sentTimestamp: sent, from: 0)
        // Another processor, another copy of the bytes, with padding: the same items.
        var padded = body
        padded.reserveCapacity(body.count + JSONParser.padding)
        let second = MessageProcessor(layout: layout, retention: .seconds(1000))
            .process(body: padded, messageId: "sqs", sentTimestamp: sent, from: 0)
        guard case .items(let message) = first, case .items(let again) = second else {
            if case .unknownVersion = first, case .unknownVersion = second { return }
            Issue.record(comment)
            return
        }
        #expect(message.items == again.items, comment)
        try #expect(sliced(body).sorted(by: Self.order) == message.items.sorted(by: Self.order), comment)
        let outcome = try Outcome(message)
        try checkQuarantine(outcome, body, comment)
        try checkEvents(outcome, comment)
        let keys = Set(message.items.map { Array($0.partitionKey.utf8) + [0] + Array($0.sortKey.utf8) })
        #expect(keys.count == message.items.count, comment)
        for item in message.items {
            #expect(item.json.count < 600_000, comment)
            #expect(item.partitionKey.utf8.count <= 2048 && (1...1024).contains(item.sortKey.utf8.count), comment)
        }
    }

    /// The same items by slices of hardly more than one.
    private func sliced(_ body: [UInt8]) throws -> [Item] {
        var items: [Item] = []
        var next: Int? = 0
        while let from = next {
            let sent = Timestamp(milliseconds: received)
            guard
                case .items(let slice) = slicing.process(
                    body: body, messageId: "sqs", sentTimestamp: sent, from: from)
            else { throw UnexpectedVersion() }
            items += slice.items
            next = slice.next
        }
        return items
    }

    private static func order(_ left: Item, _ right: Item) -> Bool {
        left.json.lexicographicallyPrecedes(right.json)
    }

    private func checkQuarantine(_ outcome: Outcome, _ body: [UInt8], _ comment: Comment) throws {
        let bodies = try outcome.quarantinedBodies()
        if outcome.message.isUnreadable {
            #expect(bodies == [body], comment)
            return
        }
        #expect(bodies.isEmpty == (outcome.message.quarantinedEvents == 0), comment)
        let entries = try JSONParser(maxDepth: 2000).parse(body) { root in
            root["beacons"]?.elements.map(Self.minified) ?? []
        }
        for item in outcome.quarantine {
            let part = try StoredQuarantine(item: item)
            let entry = try JSONParser(maxDepth: 2000).parse(part.bytes) { Self.minified($0) }
            #expect(entries[try #require(part.position)] == entry, comment)
        }
    }

    private static func minified(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        value.write(to: &bytes)
        return bytes
    }

    private func checkEvents(_ outcome: Outcome, _ comment: Comment) throws {
        let rollups = try outcome.rollups.map { try StoredRollup(item: $0) }
        let counted = rollups.reduce(into: Figures()) { $0 += $1.figures }
        #expect(counted.events == outcome.message.storedEvents, comment)
        #expect(counted.names.values.reduce(0, +) == outcome.message.storedEvents, comment)
        let stored =
            try layout == .events
            ? outcome.events.map { try StoredEvent(item: $0) } : rollups.flatMap { try $0.storedEvents() }
        #expect(stored.count == outcome.message.storedEvents, comment)
        for event in stored {
            #expect(event.at <= event.received, comment)
            for number in [event.zoom, event.longitude, event.ts, event.bearing] {
                #expect((number?.magnitude ?? 0) < 1e15, comment)
            }
            #expect((event.latitude?.magnitude ?? 0) <= 90, comment)
            #expect((event.extra?.utf8.count ?? 0) <= 4096, comment)
        }
    }
}
