import AWSCore
import Testing

@testable import Simulator

struct TableStateTests {
    private func key(_ sort: String) -> Schema.ItemKey {
        .init(partition: KeyBytes(Array("p".utf8)), sort: KeyBytes(Array(sort.utf8)))
    }

    @Test func `A write tells an item that is new, the same, or another`() {
        var table = TableState()
        let first = table.put(key("a"), json: [1], size: 10)
        #expect(first == .none)
        let second = table.put(key("a"), json: [1], size: 10)
        #expect(second == .same(size: 10))
        let third = table.put(key("a"), json: [2], size: 20)
        #expect(third == .other(size: 10))
        let item = table.item(key("a"))
        #expect(item?.writes == 3)
        #expect(item?.changes == 1)
        #expect(item?.json == [2])
        #expect(table.itemCount == 1)
        #expect(table.byteCount == 20)
    }

    @Test func `Sort keys are in order whatever the order of the writes and deletes`() {
        var table = TableState()
        for sort in ["b", "d", "c", "a", "c"] { _ = table.put(key(sort), json: [], size: 1) }
        _ = table.delete(key("b"))
        _ = table.put(key("e"), json: [], size: 1)
        let order = table.sortKeys(of: KeyBytes(Array("p".utf8))).map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(order == ["a", "c", "d", "e"])
    }

    @Test(arguments: [
        ("0", 1), ("-0.0", 1), ("1", 2), ("-1", 3), ("12", 2), ("123", 3), ("1200", 2), ("0.0012", 2), ("100.5", 3),
        ("1e5", 2), ("12345678901234567890123456789012345678", 20),
    ])
    func `A number takes a byte for two significant digits, one more, and one for a sign`(_ text: String, _ size: Int)
        throws
    {
        let item = #"{"n":{"N":"\#(text)"}}"#
        #expect(try JSONParser().parse(Array(item.utf8)) { try AttributeSize.item($0) } == size + 1)
    }

    @Test func `Numbers' bytes are in the order of their values`() throws {
        let texts = [
            "-1e125", "-100", "-99.5", "-10", "-9", "-1e-130", "0", "1e-130", "0.5", "9", "10", "10.5", "1e125",
        ]
        let ordered = try texts.map { text in
            try Array(text.utf8).withUnsafeBytes { try Number($0) }.ordered
        }
        for (less, more) in zip(ordered, ordered.dropFirst()) {
            #expect(less.lexicographicallyPrecedes(more))
        }
    }

    @Test func `Items are found in raw JSON whatever braces their strings hold`() throws {
        let json = #"""
            {"RequestItems": {"t": [ {"PutRequest":{"Item":{"a":{"S":"}{\"]["}}}} ,
             {"DeleteRequest":{"Key":{"b":{"S":"\\"}}}}]},"ReturnConsumedCapacity":"NONE"}
            """#
        let bytes = Array(json.utf8)
        let found = bytes.withUnsafeBytes { bytes in
            RawJSON.containers(atDepth: 6, in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
        }
        #expect(found == [#"{"a":{"S":"}{\"]["}}"#, #"{"b":{"S":"\\"}}"#])
    }
}
