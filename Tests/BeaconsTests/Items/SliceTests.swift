import AWSCore
import Testing

@testable import Beacons

@Suite("Slices of a message's items")
struct SliceTests {
    /// A message of 1 MiB that comes to 140 MB of items: each event says all that its beacon says.
    private func hostile() -> [UInt8] {
        let page = String(repeating: "p", count: 2048)
        let extra = String(repeating: "x", count: 4000)
        let beacons = (0..<44).map { beacon in
            let events = (0..<500).map { "{\"name\":\"a\",\"ts\":\(received - Int64($0 % 20) * 3_600_000)}" }
            return """
                {"map_id":"\(beacon)","page":{"url":"\(page)"},"note":"\(extra)","events":[\(events.joined(separator: ","))]}
                """
        }
        return message(beacons)
    }

    @Test("are of a bounded size, and together all of them, once", arguments: [Layout.events, .segments])
    func bounded(_ layout: Layout) throws {
        let body = hostile()
        #expect(body.count < 1 << 20)
        let processor = MessageProcessor(layout: layout, retention: .zero)
        var keys: Set<String> = []
        var inside: Set<String> = []
        var counted = 0
        var slices = 0
        var next: Int? = 0
        while let from = next {
            guard
                case .items(let slice) = processor.process(
                    body: body, messageId: "m", sentTimestamp: nil, from: from)
            else { throw UnexpectedVersion() }
            #expect(slice.storedEvents == 22_000)
            let size = slice.items.reduce(0) { $0 + $1.json.count }
            #expect(size < 5 << 20)
            for item in slice.items { #expect(keys.insert(item.partitionKey + " " + item.sortKey).inserted) }
            for item in slice.items where item.kind == .rollup {
                let attributes = try JSONParser().parse(item.json) { try AttributeValue.attributes($0) }
                let rollup = try StoredRollup(item: attributes)
                counted += rollup.figures.events
                for event in try rollup.storedEvents() { inside.insert(event.key) }
            }
            slices += 1
            next = slice.next
        }
        #expect(counted == 22_000)
        #expect(inside.count == (layout == .segments ? 22_000 : 0))
        #expect(layout == .segments || slices > 30)
        #expect(layout == .segments || keys.count > 22_000)
    }
}
