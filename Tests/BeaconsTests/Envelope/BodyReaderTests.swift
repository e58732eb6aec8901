import AWSCore
import Testing

@testable import Beacons

struct BodyReaderTests {
    /// The beacons' texts, keys and event counts, as the catcher would splice them.
    private func read(
        _ text: String, form: BodyReader.Form = .json
    ) throws -> (texts: [String], beacons: [BeaconSpan], isRewritten: Bool) {
        try read(Array(text.utf8), form: form)
    }

    private func read(
        _ bytes: [UInt8], form: BodyReader.Form = .json
    ) throws -> (texts: [String], beacons: [BeaconSpan], isRewritten: Bool) {
        let reading = try bytes.withUnsafeBytes { try BodyReader().read($0, form: form) }
        let source = reading.rewritten ?? bytes
        let texts = reading.beacons.map { String(decoding: source[$0.range], as: UTF8.self) }
        return (texts, reading.beacons, reading.rewritten != nil)
    }

    @Test(
        "Each beacon is found as it was sent",
        arguments: [
            (" {\"a\":1}\r\n", BodyReader.Form.json, ["{\"a\":1}"]),
            ("[{\"a\":1}]", .json, ["{\"a\":1}"]),
            ("\t[ {\"a\":[1,{\"b\":[]}]} ,\n{ } ]", .json, ["{\"a\":[1,{\"b\":[]}]}", "{ }"]),
            (#"[{"a":"]},{\"\\"},{"b":"\\\""}]"#, .json, [#"{"a":"]},{\"\\"}"#, #"{"b":"\\\""}"#]),
            ("{\"a\":1}", .ndjson, ["{\"a\":1}"]),
            ("\n{\"a\":1}\r\n\r\n  \n {\"b\":2} \n{}\n", .ndjson, ["{\"a\":1}", "{\"b\":2}", "{}"]),
            ("{\"é\":\"日本\"}", .json, ["{\"é\":\"日本\"}"]),
        ])
    func spans(body: String, form: BodyReader.Form, expected: [String]) throws {
        let found = try read(body, form: form)
        #expect(found.texts == expected)
        #expect(!found.isRewritten)
    }

    @Test(
        "The key is the first top-level string of that name; a beacon without events is one event",
        arguments: [
            (#"{"key":"k1","events":[{},{},1]}"#, "k1", 3),
            (#"{"name":"x"}"#, nil, 1),
            (#"{"key":7,"events":null}"#, nil, 1),
            (#"{"key":"a","key":"b","events":[]}"#, "a", 0),
            (#"{"x":{"key":"inner"},"events":{}}"#, nil, 1),
            (#"{"k\u0065y":"escaped"}"#, "escaped", 1),
        ] as [(String, String?, Int)])
    func facts(body: String, key: String?, events: Int) throws {
        let beacon = try #require(try read(body).beacons.first)
        #expect(beacon.key == key)
        #expect(beacon.events == events)
    }

    @Test(
        "What is not an object or an array of objects is malformed",
        arguments: [
            "", "  \n", "[]", "[ ]", "1", "\"a\"", "null", "[1]", "[{},null]", "[[{}]]", "{", "{\"a\":}", "[{}", "{}{}",
            "{\"a\":1}\n{\"a\":2}", "{\"a\":\"\\x\"}", "{\"a\":01}", "{\"a\":1e999}", "{'a':1}", "\u{FEFF}{}",
            "{\"a\":\"\u{1}\"}", "{\"a\":\"\\ud800",
        ])
    func malformed(body: String) {
        #expect { try read(body) } throws: { ($0 as? BodyError)?.code == .malformed }
    }

    @Test("What is not lines of objects is malformed", arguments: ["", "\n\r\n", "[{}]", "{}\n1", "{}\n{\"a\":\n1}"])
    func malformedLines(body: String) {
        #expect { try read(body, form: .ndjson) } throws: { ($0 as? BodyError)?.code == .malformed }
    }

    @Test("What is not UTF-8 is malformed")
    func notUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80]] {
            #expect { try read(Array("{\"a\":\"".utf8) + bytes + Array("\"}".utf8)) } throws: {
                ($0 as? BodyError)?.code == .malformed
            }
        }
    }

    @Test("500 beacons pass and 501 are too large, in an array and in lines")
    func beaconLimit() throws {
        for (form, separator, open, close) in [(BodyReader.Form.json, ",", "[", "]"), (.ndjson, "\n", "", "")] {
            let most = Array(repeating: "{}", count: 500)
            #expect(try read(open + most.joined(separator: separator) + close, form: form).beacons.count == 500)
            #expect { try read(open + (most + ["{}"]).joined(separator: separator) + close, form: form) } throws: {
                ($0 as? BodyError)?.code == .tooLarge
            }
        }
    }

    @Test("500 events pass and 501 are too large")
    func eventLimit() throws {
        let most = Array(repeating: "{}", count: 500)
        #expect(try read("{\"events\":[" + most.joined(separator: ",") + "]}").beacons.first?.events == 500)
        #expect { try read("{\"events\":[" + (most + ["1"]).joined(separator: ",") + "]}") } throws: {
            ($0 as? BodyError)?.code == .tooLarge
        }
    }

    @Test("Nesting is bounded well below what the reader of messages takes")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "{\"a\":", count: depth) + "1" + String(repeating: "}", count: depth)
        }
        let deepest = Envelope.bodyDepth - 1
        #expect(try read(nested(deepest)).texts == [nested(deepest)])
        #expect { try read(nested(Envelope.bodyDepth + 1)) } throws: { ($0 as? BodyError)?.code == .malformed }
        let message = "{\"v\":1,\"beacons\":[{\"body\":" + nested(deepest) + "}]}"
        try JSONParser(maxDepth: Envelope.messageDepth).parse(Array(message.utf8)) { #expect($0.kind == .object) }
    }

    @Test(
        "JSON of browsers that strict parsers refuse is mended, byte for byte else",
        arguments: [
            (#"{"a":"\ud800"}"#, #"{"a":"\ufffd"}"#),
            (#"{"a":"x\uDFFFy"}"#, #"{"a":"x\ufffdy"}"#),
            (#"{"a":"\ud83d\ude00 \ud83d"}"#, #"{"a":"\ud83d\ude00 \ufffd"}"#),
            (#"{"a":"\ud83d\ud83d\ude00"}"#, #"{"a":"\ufffd\ud83d\ude00"}"#),
            (#"{"\udc00":"\ud800\n\\ud800"}"#, #"{"\ufffd":"\ufffd\n\\ud800"}"#),
            (#"{"a": 18446744073709551616 }"#, #"{"a": 18446744073709551616.0 }"#),
            (
                #"{"a":-9223372036854775809,"b":-9223372036854775808}"#,
                #"{"a":-9223372036854775809.0,"b":-9223372036854775808}"#
            ),
            (
                #"{"a":[123456789012345678901234567890,18446744073709551615,"99999999999999999999"]}"#,
                #"{"a":[123456789012345678901234567890.0,18446744073709551615,"99999999999999999999"]}"#
            ),
            ("{\"a\":\"\u{FFFE}\u{FFFF}\u{FFFD}\u{10FFFF}\"}", "{\"a\":\"\\ufffe\\uffff\u{FFFD}\u{10FFFF}\"}"),
        ])
    func lenient(sent: String, queued: String) throws {
        let found = try read(sent)
        #expect(found.texts == [queued])
        #expect(found.isRewritten)
        #expect(try read("[{},\(sent)]").texts == ["{}", queued])
        #expect(try read("{}\n\(sent)\n", form: .ndjson).texts == ["{}", queued])
    }

    @Test("A reader is good for one body after another")
    func reuse() throws {
        let reader = BodyReader()
        for text in ["[{},{\"key\":\"a\"}]", "{", "{\"a\":\"\\ud800\"}", "{}"] {
            let reading = try? Array(text.utf8).withUnsafeBytes { try reader.read($0) }
            #expect((reading == nil) == (text == "{"))
        }
        let last = try Array("{}".utf8).withUnsafeBytes { try reader.read($0) }
        #expect(last.beacons == [BeaconSpan(range: 0..<2, key: nil, events: 1)])
        #expect(last.rewritten == nil)
    }
}
