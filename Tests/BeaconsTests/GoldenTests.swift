import AWSCore
import Foundation
import Testing

@testable import Beacons

/// Messages and the items that they become, in Golden. In its files `body` and `events`, which are deflated in the
/// table, are given inflated, as `S`.
struct GoldenTests {
    @Test(
        "A message becomes the items that were worked out by hand", arguments: ["session", "refused", "hours"],
        Layout.allCases)
    func golden(name: String, layout: Layout) throws {
        let message = try Self.read("\(name).message.json")
        let expected = try JSONParser().parse(try Self.read("\(name).\(layout).json")) { root in
            try root.elements.map { try AttributeValue.attributes($0) }
        }
        let outcome = try process(message, layout: layout, retention: .seconds(395 * 86_400))
        let found = try (outcome.events + outcome.rollups + outcome.quarantine).map(Self.inflated)
        #expect(!found.isEmpty)
        #expect(found.count == expected.count)
        for (found, expected) in zip(found, expected) { #expect(found == expected) }
    }

    private static func inflated(_ item: Attributes) throws -> Attributes {
        try item.mapValues { value in
            guard let bytes = value.binary else { return value }
            return .string(String(decoding: try Inflater.inflate(bytes, limit: 300_000), as: UTF8.self))
        }
    }

    private static func read(_ name: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.resourcePath)
        return Array(try Data(contentsOf: URL(filePath: folder + "/Golden/" + name)))
    }
}
