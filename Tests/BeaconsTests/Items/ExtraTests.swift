import AWSCore
import Testing

@testable import Beacons

struct ExtraTests {
    @Test(
        "What has no attribute is kept in extra, the event's own members first",
        arguments: [
            (#"{"v":1,"name":"a","events":null}"#, nil),
            (#"{"v":1,"sent_at":5,"events":[{"name":"a","props":{}}]}"#, nil),
            (#"{"dpr":2,"sample_rate":0.5,"events":[{"name":"a"}]}"#, #"{"dpr":2,"sample_rate":0.5}"#),
            (
                #"{"dpr":2,"events":[{"name":"a","props":{"k":[1,null,{"x":"\""}]},"own":true}]}"#,
                #"{"props":{"k":[1,null,{"x":"\""}]},"own":true,"dpr":2}"#
            ),
            (#"{"dpr":2,"x":1,"events":[{"name":"a","dpr":3}]}"#, #"{"dpr":3,"x":1}"#),
            (#"{"name":"a","x":1,"x":2,"y":null}"#, #"{"x":1}"#),
            (#"{"v":2,"name":"a","key":"k","sent_at":"late"}"#, #"{"v":2,"key":"k","sent_at":"late"}"#),
            (#"{"zoom":5,"events":[{"name":"a","map_id":"m"}]}"#, #"{"map_id":"m","zoom":5}"#),
            (
                #"{"name":"a","page":{"url":"u","title":"t","n":null},"lib":{"name":"l","beacon":"b"}}"#,
                #"{"page":{"title":"t"},"lib":{"beacon":"b"}}"#
            ),
            (#"{"name":"a","center":[1,2,3]}"#, #"{"center":[1,2,3]}"#),
            (
                #"{"name":"a","props":5,"é\"":"\n","big":18446744073709551615,"d":1.5,"t":true}"#,
                #"{"props":5,"é\"":"\n","big":18446744073709551615,"d":1.5,"t":true}"#
            ),
            (#"{"name":"a","":0}"#, #"{"":0}"#),
        ] as [(String, String?)])
    func extra(body: String, extra: String?) throws {
        let outcome = try process(body)
        #expect(outcome.events.map { $0[string: "extra"] } == [extra])
    }

    @Test("A write key is not stored where the envelope's project stands for it")
    func writeKey() throws {
        let body = #"{"name":"a","key":"k"}"#
        #expect(try process(body, facts: #""project":"p","#).events.first?["extra"] == nil)
        #expect(try process(body).events.first?[string: "extra"] == #"{"key":"k"}"#)
    }

    @Test("extra of 4,096 bytes is whole; of more it is cut member by member, stays JSON and says so")
    func limit() throws {
        func extra(_ first: Int, _ rest: String = "") throws -> String {
            let body = #"{"name":"a","x":"\#(String(repeating: "x", count: first))"\#(rest)}"#
            return try #require(try process(body).events.first?[string: "extra"])
        }
        // {"x":"…"}
        #expect(try extra(4096 - 8).utf8.count == 4096)
        #expect(try extra(4096 - 7) == #"{"truncated":true}"#)
        #expect(try extra(4096 - 7, #","y":1,"z":2"#) == #"{"y":1,"z":2,"truncated":true}"#)
        let cut = try extra(4060, #","y":1,"z":"this does not fit","w":2"#)
        #expect(cut.hasSuffix(#"","y":1,"truncated":true}"#))
        #expect(cut.utf8.count <= 4096)
    }

    @Test("Of an object that does not fit, the members that fit are kept")
    func cutObject() throws {
        let long = String(repeating: "x", count: 5000)
        let body = #"{"name":"a","props":{"first":1,"long":"\#(long)","last":[2]},"own":3}"#
        let extra = try process(body).events.first?[string: "extra"]
        #expect(extra == #"{"props":{"first":1,"last":[2]},"own":3,"truncated":true}"#)
        let beacon = try process(#"{"long":"\#(long)","dpr":2,"events":[{"name":"a"},{"name":"b","own":1}]}"#)
        #expect(
            beacon.events.map { $0[string: "extra"] } == [
                #"{"dpr":2,"truncated":true}"#, #"{"own":1,"dpr":2,"truncated":true}"#,
            ])
    }

    @Test("However much is sent, extra is JSON of at most 4,096 bytes", arguments: 0..<20)
    func hostile(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        func members(_ count: Int) -> String {
            (0..<count).map { _ in
                let value = String(
                    repeating: ["\\n", "é", "\\\"", "x"].randomElement(using: &random) ?? "x",
                    count: Int.random(in: 0...200, using: &random))
                return "\"\(random.next() % 500)\":\"\(value)\""
            }.joined(separator: ",")
        }
        let body =
            "{\"x\":{\(members(40))},\(members(60)),\"events\":[{\"name\":\"a\",\(members(30))},{\"name\":\"b\"}]}"
        for event in try process(body).events {
            let extra = try #require(event[string: "extra"])
            #expect(extra.utf8.count <= 4096)
            try JSONParser().parse(Array(extra.utf8)) { root in
                #expect(root["truncated"]?.bool == true)
                var keys: Set<String> = []
                for (key, _) in root.members { #expect(keys.insert(String(decoding: key, as: UTF8.self)).inserted) }
            }
        }
    }
}
