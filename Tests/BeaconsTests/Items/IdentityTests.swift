import Testing

@testable import Beacons

struct IdentityTests {
    @Test(
        "An id makes the key",
        arguments: [
            // A UUID as it is, lower case, of any version.
            (#"{"name":"a","id":"0199C820-0000-7ABC-8123-456789ABCDEF"}"#, "0199c820-0000-7abc-8123-456789abcdef"),
            (
                #"{"name":"a","id":"00000000-0000-0000-0000-000000000000","session_id":"s"}"#,
                "00000000-0000-0000-0000-000000000000"
            ),
            // Any other id with its session.
            (#"{"name":"a","id":"17"}"#, "-/17"),
            (#"{"name":"a","id":"17","session_id":"s"}"#, "s/17"),
            (#"{"name":"a","id":"17","session_id":""}"#, "-/17"),
            (#"{"name":"a","id":"17","session_id":null}"#, "-/17"),
            (#"{"name":"a","id":"é\"\\","session_id":"\n"}"#, "\n/é\"\\"),
            // Near-UUIDs are none.
            (#"{"name":"a","id":"0199c820-0000-7abc-8123-456789abcdeg"}"#, "-/0199c820-0000-7abc-8123-456789abcdeg"),
            (#"{"name":"a","id":"0199c8200-000-7abc-8123-456789abcdef"}"#, "-/0199c8200-000-7abc-8123-456789abcdef"),
            (#"{"name":"a","id":"{0199c820-0000-7abc-8123-456789abcd}"}"#, "-/{0199c820-0000-7abc-8123-456789abcd}"),
            // None.
            (#"{"name":"a"}"#, messageID + "-0"),
            (#"{"name":"a","id":null}"#, messageID + "-0"),
        ])
    func key(body: String, key: String) throws {
        let outcome = try process(body)
        #expect(outcome.events.map { $0[string: "sk"] } == [key])
    }

    @Test("A session in a key is cut as the attribute is")
    func longSession() throws {
        let session = String(repeating: "s", count: 127) + "é"
        let outcome = try process(#"{"name":"a","id":"1","session_id":"\#(session)"}"#)
        let kept = String(repeating: "s", count: 127)
        #expect(outcome.events.first?[string: "sk"] == kept + "/1")
        #expect(outcome.events.first?[string: "session_id"] == kept)
    }

    @Test("Events without an id are numbered through the whole message, refused and double ones counted")
    func ordinals() throws {
        let outcome = try process(
            message([
                #"{"events":[{"name":"a"},5,{"name":"b","id":"x"},{"name":"b","id":"x"},{"name":"c"}]}"#,
                #"{"events":[],"name":"no event"}"#,
                #"{"events":7}"#, #""no beacon""#, #"{"name":"d"}"#,
                #"{"lang":1,"events":[{"name":"e"},{"name":"f"}]}"#, #"{"name":"g"}"#,
            ]))
        #expect(
            outcome.events.map { "\($0[string: "name"] ?? "") \($0[string: "sk"] ?? "")" } == [
                "a \(messageID)-0", "b -/x", "c \(messageID)-4", "d \(messageID)-7", "g \(messageID)-10",
            ])
        #expect(outcome.counts == [5, 1, 5])
    }

    @Test("Of two events with one key the first stands, and counts once")
    func duplicates() throws {
        let id = "0199c820-0000-7abc-8123-456789abcdef"
        let outcome = try process(
            message([
                #"{"map_id":"m","name":"a","id":"\#(id)","zoom":1}"#,
                #"{"map_id":"m","name":"b","id":"\#(id.uppercased())","zoom":2}"#,
                // Another map is another partition, so another key.
                #"{"map_id":"n","name":"c","id":"\#(id)"}"#,
                // A refused one takes no key.
                #"{"map_id":"m","name":"","id":"k"}"#, #"{"map_id":"m","name":"d","id":"k"}"#,
            ]))
        #expect(outcome.events.map { $0[string: "name"] } == ["a", "c", "d"])
        #expect(outcome.counts == [3, 1, 1])
        #expect(outcome.rollups.map { $0[number: "n"] } == ["2", "1"])
    }

    @Test("Strangers with equal ids keep their own events")
    func strangers() throws {
        let outcome = try process(
            message([
                #"{"name":"a","id":"1","session_id":"s"}"#, #"{"name":"b","id":"1","session_id":"t"}"#,
                #"{"name":"c","id":"1"}"#,
                // Canonically equivalent, different bytes.
                #"{"name":"d","id":"\u00e9","session_id":"s"}"#, #"{"name":"e","id":"e\u0301","session_id":"s"}"#,
            ]))
        #expect(outcome.events.count == 5)
        #expect(outcome.message.duplicateEvents == 0)
    }

    @Test("Sec-GPC leaves out session and view, in attributes, keys and extra")
    func privacy() throws {
        let body = #"{"session_id":"s","view_id":"v","events":[{"name":"a","id":"1","session_id":"s","view_id":"v"}]}"#
        let single = #"{"session_id":"s","view_id":"v","name":"a","id":"2"}"#
        let outcome = try process(message([body, single], facts: #""gpc":true,"#))
        #expect(outcome.events.map { $0[string: "sk"] } == ["-/1", "-/2"])
        for event in outcome.events {
            #expect(event["session_id"] == nil && event["view_id"] == nil && event["extra"] == nil)
        }
        let open = try process(message([body], facts: #""gpc":false,"#))
        #expect(open.events.first?[string: "session_id"] == "s")
        #expect(open.events.first?[string: "view_id"] == "v")
    }
}
