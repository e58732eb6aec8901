import Testing

@testable import Beacons

struct MapIDTests {
    private func name(_ mapID: String?, project: String? = nil) -> String {
        var buffer = OutputBuffer()
        func raw(_ text: String?, _ body: (UnsafeRawBufferPointer?) -> Void) {
            guard let text else { return body(nil) }
            Array(text.utf8).withUnsafeBytes { body($0) }
        }
        raw(mapID) { mapID in raw(project) { project in MapID.append(mapID, project: project, to: &buffer) } }
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    @Test(
        "A map's name in keys has no character that keys are made of",
        arguments: [
            ("stores", nil, "stores"), (nil, nil, "unknown"), ("", nil, "unknown"), ("stores", "acme", "acme/stores"),
            (nil, "acme", "acme/unknown"), ("stores", "", "stores"), ("a#b/c%d", nil, "a%23b%2Fc%25d"),
            ("\u{0}\u{1f}\u{7f} ~é日😀", nil, "%00%1F%7F ~é日😀"), ("acme/stores", nil, "acme%2Fstores"),
            ("b", "a/#", "a%2F%23/b"), ("%23", nil, "%2523"), ("..", nil, ".."),
        ] as [(String?, String?, String)])
    func encoding(mapID: String?, project: String?, expected: String) {
        #expect(name(mapID, project: project) == expected)
    }

    @Test(
        "A long name is its first 160 bytes, at a character boundary, and a digest",
        arguments: [
            (String(repeating: "a", count: 200), String(repeating: "a", count: 200)),
            (
                String(repeating: "a", count: 201),
                String(repeating: "a", count: 160) + "~"
            ),
            (String(repeating: "é", count: 101), String(repeating: "é", count: 80) + "~"),
            ("a" + String(repeating: "é", count: 101), "a" + String(repeating: "é", count: 79) + "~"),
            (String(repeating: "#", count: 66), String(repeating: "%23", count: 66)),
            (String(repeating: "#", count: 67), String(repeating: "%23", count: 53) + "~"),
            (
                String(repeating: "a", count: 159) + String(repeating: "#", count: 20),
                String(repeating: "a", count: 159) + "~"
            ),
        ])
    func long(mapID: String, expected: String) {
        let found = name(mapID)
        let cut = expected.firstIndex(of: "~").map { expected[...$0] } ?? expected[...]
        #expect(found.hasPrefix(cut))
        #expect(found.utf8.count == (cut.last == "~" ? cut.utf8.count + 32 : expected.utf8.count))
        #expect(found.utf8.count <= 200)
    }

    @Test("The digest is of the id as it was sent")
    func digest() {
        // printf 'a%.0s' {1..201} | sha256sum
        let digest = "a92efd82109373e58f9a2056dee01e80"
        #expect(name(String(repeating: "a", count: 201)).hasSuffix("~" + digest))
    }

    @Test("Long names that differ at their end differ")
    func differ() {
        let long = String(repeating: "a", count: 300)
        #expect(name(long + "b") != name(long + "c"))
        #expect(name(long) == name(long))
    }

    @Test("Different maps never share a partition, whatever their characters")
    func hostile() throws {
        let maps = [
            "a", "a#", "a%23", "a/b", "A", "e#a#20251009#0", "\\u0000", "\\n", "\\\"", "é", "e\\u0301", "~", " ",
            "\\u0301",
        ]
        let outcome = try process(message(maps.map { #"{"name":"x","id":"1","map_id":"\#($0)"}"# }))
        #expect(outcome.message.storedEvents == maps.count)
        #expect(Set(outcome.events.compactMap { $0[string: "pk"].map { Array($0.utf8) } }).count == maps.count)
        #expect(outcome.rollups.count == maps.count)
        for event in outcome.events {
            #expect(event.keyParts("pk").count == 4)
            _ = try StoredEvent(item: event)
        }
        let stored = try Set(outcome.rollups.map { try Array(StoredRollup(item: $0).map.utf8) })
        #expect(stored.count == maps.count)
        let project = try process(#"{"name":"x","map_id":"b"}"#, facts: #""project":"a","#)
        #expect(project.events.first?[string: "pk"] == "e#a/b#20251009#0")
        #expect(project.rollups.first?[string: "pk"] == "r#a/b#2025100908")
    }
}
