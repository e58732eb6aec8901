import AWSCore
import Testing

@testable import Beacons

struct RefusalTests {
    @Test(
        "An event of the wrong form is refused with the reason",
        arguments: [
            (#"{}"#, "name is missing"),
            (#"{"name":null}"#, "name is missing"),
            (#"{"name":""}"#, "name is empty"),
            (#"{"name":7}"#, "name is no string"),
            (#"{"name":"a","id":""}"#, "id is no string of 1 to 128 bytes"),
            (#"{"name":"a","id":7}"#, "id is no string of 1 to 128 bytes"),
            (#"{"name":"a","ts":"1"}"#, "ts is no number below 1e15"),
            (#"{"name":"a","ts":1000000000000000}"#, "ts is no number below 1e15"),
            (#"{"name":"a","zoom":true}"#, "zoom is no number below 1e15"),
            (#"{"name":"a","zoom":-1e15}"#, "zoom is no number below 1e15"),
            (#"{"name":"a","bearing":[]}"#, "bearing is no number below 1e15"),
            (#"{"name":"a","pitch":{}}"#, "pitch is no number below 1e15"),
            (#"{"name":"a","duration_ms":18446744073709551615}"#, "duration_ms is no number below 1e15"),
            (#"{"name":"a","tiles":"3"}"#, "tiles is no number below 1e15"),
            (#"{"name":"a","errors":false}"#, "errors is no number below 1e15"),
            (#"{"name":"a","gesture":1}"#, "gesture is no string"),
            (#"{"name":"a","layer_id":true}"#, "layer_id is neither a string nor a number below 1e15"),
            (#"{"name":"a","feature_id":1e15}"#, "feature_id is neither a string nor a number below 1e15"),
            (#"{"name":"a","center":{"lng":1,"lat":2}}"#, "center is no array"),
            (#"{"name":"a","center":[]}"#, "center has too few numbers"),
            (#"{"name":"a","center":[1]}"#, "center has too few numbers"),
            (#"{"name":"a","center":[1,2,3,4]}"#, "center has too many numbers"),
            (#"{"name":"a","center":["1",2]}"#, "center holds what is no number below 1e15"),
            (#"{"name":"a","center":[1,null]}"#, "center holds what is no number below 1e15"),
            (#"{"name":"a","center":[1,2,"3"]}"#, "center holds what is no number below 1e15"),
            (#"{"name":"a","center":[1e15,2]}"#, "center holds what is no number below 1e15"),
            (#"{"name":"a","center":[0,90.00000000000001]}"#, "center has a latitude outside ±90"),
            (#"{"name":"a","center":[0,-91]}"#, "center has a latitude outside ±90"),
            (#"{"name":"a","lnglat":[0,91]}"#, "lnglat has a latitude outside ±90"),
            (#"{"name":"a","lnglat":"0,1"}"#, "lnglat is no array"),
            (#"{"name":"a","bbox":[1,2,3]}"#, "bbox has neither 4 nor 6 numbers"),
            (#"{"name":"a","bbox":[1,2,3,4,5]}"#, "bbox has neither 4 nor 6 numbers"),
            (#"{"name":"a","bbox":[1,2,3,4,5,6,7]}"#, "bbox has neither 4 nor 6 numbers"),
            (#"{"name":"a","bbox":[1,2,3,"4"]}"#, "bbox holds what is no number below 1e15"),
            (#"{"name":"a","bbox":[1,-90.5,3,4]}"#, "bbox has a latitude outside ±90"),
            (#"{"name":"a","bbox":[1,2,3,90.5]}"#, "bbox has a latitude outside ±90"),
            (#"{"name":"a","bbox":[1,2,3,4,90.5,6]}"#, "bbox has a latitude outside ±90"),
            (#"{"name":"a","bbox":{}}"#, "bbox is no array"),
            (#"{"name":"a","zoom":1,"zoom":"first wins"}"#, nil),
            (#"{"name":"a","zoom":"first wins","zoom":1}"#, "zoom is no number below 1e15"),
            (#"{"name":"a","center":[180.5,90],"bbox":[-190,-90,0,190,90,0],"lnglat":[1,2,3]}"#, nil),
            (#"{"name":"a","center":null,"zoom":null,"gesture":null,"bbox":null,"lnglat":null,"ts":null}"#, nil),
        ] as [(String, String?)])
    func event(event: String, reason: String?) throws {
        for (body, place) in [(event, "beacon"), (#"{"events":[\#(event),{"name":"good"}]}"#, "event 0")] {
            let outcome = try process(body)
            #expect(outcome.reasons == (reason.map { ["\(place): \($0)"] } ?? []))
            if place == "event 0" { #expect(outcome.events.last?[string: "name"] == "good") }
            #expect(outcome.message.quarantinedEvents == (reason == nil ? 0 : 1))
            #expect(outcome.message.storedEvents == (reason == nil ? 1 : 0) + (place == "beacon" ? 0 : 1))
        }
    }

    @Test(
        "What is wrong with a beacon refuses all of its events",
        arguments: [
            (#""session_id":1"#, "session_id is no string"), (#""view_id":[]"#, "view_id is no string"),
            (#""map_id":1"#, "map_id is no string"), (#""lang":{}"#, "lang is no string"),
            (#""page":1"#, "page is no object"), (#""page":{"url":1}"#, "page.url is no string"),
            (#""page":{"referrer":1}"#, "page.referrer is no string"), (#""lib":1"#, "lib is no object"),
            (#""lib":{"name":1}"#, "lib.name is no string"),
            (#""lib":{"name":"a","version":5}"#, "lib.version is no string"),
            (#""viewport":"1x1""#, "viewport is no array"), (#""viewport":[1]"#, "viewport has too few numbers"),
            (#""viewport":[1,2,3]"#, "viewport has too many numbers"),
            (#""viewport":[1,"2"]"#, "viewport holds what is no number below 1e15"),
            (#""sent_at":1e15"#, "sent_at is no number below 1e15"),
        ])
    func beacon(member: String, reason: String) throws {
        let several = try process(#"{"events":[{"name":"a"},{"name":"b"}],\#(member)}"#)
        #expect(several.reasons == ["beacon: " + reason])
        #expect(several.counts == [0, 0, 2])
        let single = try process(#"{"name":"a",\#(member)}"#)
        #expect(single.reasons == ["beacon: " + reason])
        #expect(single.counts == [0, 0, 1])
    }

    @Test(
        "What is no beacon, and events that are none, are refused",
        arguments: [
            ("7", "beacon: body is no object", 1), ("[]", "beacon: body is no object", 1),
            (#"{"events":{}}"#, "beacon: events is no array", 1),
            (#"{"events":"","name":"a"}"#, "beacon: events is no array", 1),
            (
                #"{"events":[7,{"name":"a"},[],null]}"#,
                "event 0: event is no object; event 2: event is no object; event 3: event is no object", 3
            ),
        ])
    func form(body: String, reason: String, refused: Int) throws {
        let outcome = try process(body)
        #expect(outcome.reasons == [reason])
        #expect(outcome.message.quarantinedEvents == refused)
    }

    @Test("A beacon of no events has nothing to refuse")
    func noEvents() throws {
        #expect(try process(#"{"lang":1,"events":[]}"#).message.items.isEmpty)
    }

    @Test("Names of 200 bytes and ids of 128 pass, longer ones do not")
    func lengths() throws {
        func body(_ name: Int, _ id: Int) -> String {
            #"{"name":"\#(String(repeating: "n", count: name))","id":"\#(String(repeating: "i", count: id))"}"#
        }
        #expect(try process(body(200, 128)).counts == [1, 0, 0])
        #expect(try process(body(201, 128)).reasons == ["beacon: name is over 200 bytes"])
        #expect(try process(body(200, 129)).reasons == ["beacon: id is no string of 1 to 128 bytes"])
    }

    @Test("Reasons are bounded, and say how many are unsaid")
    func manyReasons() throws {
        let outcome = try process(#"{"events":[\#(Array(repeating: "1", count: 1000).joined(separator: ","))]}"#)
        let reason = try #require(outcome.reasons.first)
        #expect(reason.utf8.count < 4200)
        let said = reason.split(separator: ";").count - 1
        #expect(reason.hasSuffix("; and \(1000 - said) more"))
        #expect(outcome.message.quarantinedEvents == 1000)
    }

    @Test("A refused event takes nothing of its neighbours with it")
    func neighbours() throws {
        let outcome = try process(
            #"{"events":[{"name":"a","zoom":1,"own":1},{"name":"b","zoom":2,"pitch":"x","own":2},{"name":"c"}]}"#)
        #expect(outcome.events.map { $0[string: "name"] } == ["a", "c"])
        #expect(outcome.events.map { $0[number: "zoom"] } == ["1", nil])
        #expect(outcome.events.map { $0[string: "extra"] } == [#"{"own":1}"#, nil])
    }
}
