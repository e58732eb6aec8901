import AWSCore
import Testing

@testable import Beacons

struct QuarantineTests {
    @Test("A refused entry is kept whole, as it lies in the message, under its position")
    func entries() throws {
        let text = #"""
            {"v":1 , "id":"m#1", "x":{"beacons":[1]}, "b\u0065acons" : [ {"at":1760000000200,"body":{"name":"a"}} ,
             {"at":1760000000200, "body": {"events":[{"name":"b"}, 7, "]}\\\"" ] } }, {"at":1760000000200,"body":5},
             {"at":1760000000200,"body":{"name":"c"}},{"at":1760000000200,"body":{}}], "beacons":[] }
            """#
        let outcome = try process(Array(text.utf8))
        #expect(outcome.events.map { $0[string: "name"] } == ["a", "b", "c"])
        #expect(outcome.quarantine.map { $0[string: "pk"] } == Array(repeating: "q#20251009", count: 3))
        #expect(outcome.quarantine.map { $0[string: "sk"] } == ["m#1#1#0", "m#1#2#0", "m#1#4#0"])
        #expect(
            try outcome.quarantinedBodies().map { String(decoding: $0, as: UTF8.self) } == [
                #"{"at":1760000000200, "body": {"events":[{"name":"b"}, 7, "]}\\\"" ] } }"#,
                #"{"at":1760000000200,"body":5}"#, #"{"at":1760000000200,"body":{}}"#,
            ])
        #expect(
            outcome.reasons == [
                "event 1: event is no object; event 2: event is no object", "beacon: body is no object",
                "beacon: name is missing",
            ])
    }

    @Test(
        "A message that cannot be read is kept whole, under SQS's own id and time",
        arguments: [
            ("", "empty"), ("  ", "empty"), ("{", "not JSON"), ("not JSON", "not JSON"),
            ("7", "the message is no object"),
            ("[]", "the message is no object"), ("{}", "the message has no version"),
            (#"{"v":"1"}"#, "the message has no version"), (#"{"v":1.5}"#, "the message has no version"),
            (#"{"v":1}"#, "the message's id is no string of 1 to 128 bytes"),
            (#"{"v":1,"id":"","beacons":[]}"#, "the message's id is no string of 1 to 128 bytes"),
            (#"{"v":1,"id":7,"beacons":[]}"#, "the message's id is no string of 1 to 128 bytes"),
            (#"{"v":1,"id":"m"}"#, "the message's beacons are no array"),
            (#"{"v":1,"id":"m","beacons":{}}"#, "the message's beacons are no array"),
            (#"{"v":1,"id":"m","beacons":[{"at":1,"body":{"name":"a"}},7]}"#, "entry 1 is no object"),
            (#"{"v":1,"id":"m","beacons":[{"body":{}}]}"#, "entry 0 has no time of arrival"),
            (#"{"v":1,"id":"m","beacons":[{"at":1.5}]}"#, "entry 0 has no time of arrival"),
            (#"{"v":1,"id":"m","beacons":[{"at":-1}]}"#, "entry 0 has no time of arrival"),
            (#"{"v":1,"id":"m","beacons":[{"at":253402300799999}]}"#, "entry 0 has no time of arrival"),
            (#"{"v":1,"id":"m","beacons":[{"at":1,"ua":7}]}"#, "a fact of entry 0 is no string"),
            (#"{"v":1,"id":"m","beacons":[{"at":1,"gpc":"yes"}]}"#, "gpc of entry 0 is no boolean"),
            (#"{"v":1,"id":"m","beacons":[{"at":1,"body":"\ud800"}]}"#, "a string with a bad escape"),
        ])
    func unreadable(text: String, reason: String) throws {
        for layout in Layout.allCases {
            let outcome = try process(Array(text.utf8), layout: layout, retention: .seconds(10))
            #expect(outcome.message.isUnreadable)
            #expect(outcome.message.messageID == "sqs-message")
            #expect(outcome.counts == [0, 0, 0])
            #expect(outcome.message.items.count == 1)
            let item = try #require(outcome.quarantine.first)
            #expect(item[string: "pk"] == "q#20251009")
            #expect(item[string: "sk"] == "sqs-message#-#0")
            #expect(item[string: "reason"] == reason)
            #expect(item[number: "ttl"] == "1760000010")
            #expect(try outcome.quarantinedBodies() == [Array(text.utf8)])
        }
    }

    @Test("What is no UTF-8, or nested too deeply, is kept byte for byte")
    func bytes() throws {
        let deep = message([String(repeating: "[", count: 1100) + String(repeating: "]", count: 1100)])
        for body in [[0xFF, 0x00, 0xFE], deep, message(["\""]) + [0xC3]] {
            let outcome = try process(body)
            #expect(outcome.message.isUnreadable)
            #expect(try outcome.quarantinedBodies() == [body])
        }
    }

    @Test(
        "A message of an unknown version is left for a newer worker",
        arguments: ["0", "2", "-1", "18446744073709551615"])
    func unknownVersion(version: String) {
        let processor = MessageProcessor(layout: .events, retention: .zero)
        let body = Array(#"{"v":\#(version),"other":"form"}"#.utf8)
        guard case .unknownVersion = processor.process(body: body, messageId: "m", sentTimestamp: nil, from: 0) else {
            Issue.record("items of an unknown version")
            return
        }
    }

    @Test("Without SQS's time an unreadable message is filed under 1970, and kept for ever")
    func noTime() throws {
        let outcome = try process(Array("x".utf8), retention: .seconds(10), sentTimestamp: nil)
        #expect(outcome.quarantine.first?[string: "pk"] == "q#19700101")
        #expect(outcome.quarantine.first?["ttl"] == nil)
    }

    @Test("What is larger than a part is kept in parts", arguments: [1, 299_999, 300_000, 300_001, 600_000, 900_001])
    func parts(size: Int) throws {
        var random = SplitMix64(seed: 5)
        var body: [UInt8] = []
        while body.count < size { body.append(UInt8(truncatingIfNeeded: random.next())) }
        body[0] = 0xFF
        let outcome = try process(body)
        let parts = max(1, (size + 299_999) / 300_000)
        #expect(outcome.quarantine.map { $0[string: "sk"] } == (0..<parts).map { "sqs-message#-#\($0)" })
        #expect(try outcome.quarantinedBodies() == [body])
        // Bytes that do not deflate still fit an item of 400 KB.
        for item in outcome.quarantine { #expect(try #require(item["body"]?.binary).count < 301_000) }
    }
}
