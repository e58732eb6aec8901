import AWSCore
import Beacons
import Testing

@testable import Demo

/// A body that the catcher must refuse.
struct BadBody: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    let error: String
    var body: [UInt8]
    var type = "application/json"

    init(_ name: String, _ status: Int, _ error: String, _ body: String, type: String = "application/json") {
        self.init(name, status, error, bytes: Array(body.utf8), type: type)
    }

    init(_ name: String, _ status: Int, _ error: String, bytes: [UInt8], type: String = "application/json") {
        self.name = name
        self.status = status
        self.error = error
        self.body = bytes
        self.type = type
    }

    var testDescription: String { name }

    static let all: [BadBody] = [
        BadBody("nothing", 400, "malformed", ""),
        BadBody("spaces", 400, "malformed", "  \r\n"),
        BadBody("half an object", 400, "malformed", #"{"name":"map.load""#),
        BadBody("two objects", 400, "malformed", #"{"name":"a"}{"name":"b"}"#),
        BadBody("no quotes", 400, "malformed", "{name:1}"),
        BadBody("a control character in a string", 400, "malformed", "{\"name\":\"a\u{1}\"}"),
        BadBody("a number", 400, "malformed", "1"),
        BadBody("a string", 400, "malformed", #""map.load""#),
        BadBody("null", 400, "malformed", "null"),
        BadBody("an empty array", 400, "malformed", "[]"),
        BadBody("an array with a number", 400, "malformed", #"[{"name":"a"},1]"#),
        BadBody("an array of arrays", 400, "malformed", #"[[{"name":"a"}]]"#),
        BadBody("not UTF-8", 400, "malformed", bytes: Array(#"{"name":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)),
        BadBody(
            "an overlong NUL", 400, "malformed", bytes: Array(#"{"name":""#.utf8) + [0xC0, 0x80] + Array(#""}"#.utf8)),
        BadBody("UTF-16", 400, "malformed", bytes: [0xFF, 0xFE] + Array(#"{"name":"a"}"#.utf8).flatMap { [$0, 0] }),
        BadBody(
            "deep arrays", 400, "malformed",
            #"{"name":"a","props":"# + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + "}"),
        BadBody("deep and open", 400, "malformed", String(repeating: #"{"a":"#, count: 20_000)),
        BadBody("a bad line", 400, "malformed", "{\"name\":\"a\"}\n{\"name\":\n", type: "application/x-ndjson"),
        BadBody("an array as a line", 400, "malformed", "[{\"name\":\"a\"}]\n", type: "application/x-ndjson"),
        BadBody("no lines", 400, "malformed", "\n\n", type: "application/x-ndjson"),
        BadBody("501 beacons", 413, "too_large", "[" + repeated(#"{"name":"a"}"#, 501) + "]"),
        BadBody(
            "501 lines", 413, "too_large", String(repeating: "{\"name\":\"a\"}\n", count: 501),
            type: "application/x-ndjson"),
        BadBody("501 events", 413, "too_large", #"{"events":["# + repeated(#"{"name":"a"}"#, 501) + "]}"),
        BadBody(
            "over 256 KiB", 413, "too_large", #"{"name":"a","x":""# + String(repeating: "x", count: 262_144) + #""}"#),
        BadBody("XML", 415, "unsupported", "<name/>", type: "text/xml"),
        BadBody("a form", 415, "unsupported", "name=a", type: "application/x-www-form-urlencoded"),
    ]

    private static func repeated(_ element: String, _ count: Int) -> String {
        Array(repeating: element, count: count).joined(separator: ",")
    }
}

extension ProductTests {
    @Suite(.serialized) struct BadInputTests {
        @Test("Bodies that are no beacons are refused with a reason; nothing of them comes to the queue")
        func badBodies() async throws {
            try await Stage.run("bad-bodies") { stage in
                let catcher = try stage.startCatcher()
                try await catcher.ready()
                for bad in BadBody.all {
                    let answer = try await stage.post(bad.body, headers: [HTTPHeader("Content-Type", bad.type)])
                    #expect(answer.status == bad.status, "\(bad.name)")
                    #expect(answer[header: "content-type"] == "application/json", "\(bad.name)")
                    let (error, detail) = try JSONParser().parse(answer.body) { root in
                        (root["error"]?.string, root["detail"]?.string)
                    }
                    #expect(error == bad.error, "\(bad.name)")
                    #expect(detail?.isEmpty == false, "\(bad.name)")
                }
                #expect(try await stage.depth().isEmpty)
                // It is well, and takes what is good.
                let good = "[" + Array(repeating: #"{"name":"a"}"#, count: 500).joined(separator: ",") + "]"
                #expect(try await stage.post(Array(good.utf8)).status == 200)
                #expect(try await stage.depth().isEmpty == false)
                #expect(try await catcher.terminate() == 0)
            }
        }

        @Test("Messages that cannot be read are quarantined with the reason and deleted; a newer version's is left")
        func badMessages() async throws {
            try await Stage.run("bad-messages") { stage in
                let bad = [
                    "no JSON at all", "[]", "{}", "\"v\"", #"{"v":"1","id":"m","beacons":[]}"#,
                    #"{"v":1,"beacons":[]}"#, #"{"v":1,"id":7,"beacons":[]}"#, #"{"v":1,"id":"m","beacons":{}}"#,
                    #"{"v":1,"id":"m","beacons":[1]}"#,
                ]
                let good = """
                    {"v":1,"id":"good","beacons":[{"at":\(Timestamp.now().milliseconds),\
                    "body":{"name":"map.load","map_id":"stores"}}]}
                    """
                let newer = #"{"v":2,"id":"m","beacons":[]}"#
                let worker = try stage.startWorker()
                try await worker.ready()
                let ids = try await stage.send(bad)
                _ = try await stage.send([newer, good])

                // The worker goes on.
                let hours = HourRange(from: .now() + .seconds(-60), through: .now())
                let event = try await stage.onlyItem(hours.days.map { "e#stores#\($0)#0" })
                #expect(event["sk"] == .string("good-0"))

                try await eventually("only the newer version's message is left") {
                    let depth = try await stage.depth()
                    return depth.visible + depth.hidden == 1 ? nil : "the queue holds \(depth)"
                }
                let quarantined = try await stage.quarantine()
                #expect(Set(quarantined.map(\.messageID)) == Set(ids))
                for item in quarantined {
                    #expect(item.position == nil)
                    #expect(item.part == 0)
                    #expect(!item.reason.isEmpty)
                    let sent = ids.firstIndex(of: item.messageID).map { bad[$0] }
                    #expect(String(decoding: item.bytes, as: UTF8.self) == sent)
                }
                #expect(await worker.metric("worker_messages_total{outcome=\"quarantined\"}") == Double(bad.count))
                try await eventually("the newer version's message was given back") {
                    await worker.metric("worker_messages_total{outcome=\"returned\"}") >= 1 ? nil : "it was not"
                }
                #expect(try await worker.terminate() == 0)
                let depth = try await stage.depth()
                #expect(depth.visible + depth.hidden == 1)
            }
        }

        @Test("An event that is refused goes to quarantine with its reason; the other events of its beacon are stored")
        func badEvents() async throws {
            try await Stage.run("bad-events") { stage in
                let catcher = try stage.startCatcher()
                let worker = try stage.startWorker()
                try await catcher.ready()
                try await worker.ready()
                let body = """
                    {"map_id":"stores","session_id":"s","events":[{"id":"good","name":"map.load"},{"name":7},\
                    {"id":"pole","name":"map.click","lnglat":[0,90.5]},{"name":"map.moveend","zoom":"near"},4]}
                    """
                #expect(try await stage.post(Array(body.utf8)).status == 200)
                let hours = HourRange(from: .now() + .seconds(-60), through: .now())
                let event = try await stage.onlyItem(hours.days.map { "e#stores#\($0)#0" })
                #expect(event["sk"] == .string("s/good"))
                try await stage.untilQueueIsEmpty()
                let quarantined = try await stage.quarantine()
                #expect(quarantined.count == 1)
                let item = try #require(quarantined.first)
                #expect(item.position == 0)
                for position in [1, 2, 3, 4] { #expect(item.reason.contains("event \(position): ")) }
                #expect(!item.reason.contains("event 0: "))
                let sent = try JSONParser().parse(item.bytes) { $0["body"]?["events"]?.elements.count { _ in true } }
                #expect(sent == 5, "the beacon is kept whole")
            }
        }
    }
}
