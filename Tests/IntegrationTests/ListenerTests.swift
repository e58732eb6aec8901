import AWSCore
import Testing

@testable import Demo

extension ProductTests {
    @Suite(.serialized) struct ListenerTests {
        @Test("The real listener keeps connections alive, answers in order, and closes when it is asked to")
        func keepAlive() async throws {
            try await Stage.run("keep-alive") { stage in
                let catcher = try stage.startCatcher(["--linger", "10ms"])
                try await catcher.ready()
                try withExtendedLifetime(catcher) {
                    let socket = try Socket(port: stage.catcherPort)
                    let beacon = #"{"name":"map.load"}"#
                    func post(_ body: String, _ fields: String = "") -> String {
                        "POST /work HTTP/1.1\r\nHost: x\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                    }
                    for _ in 0..<3 {
                        try socket.write(post(beacon))
                        #expect(try socket.readAnswer().head[0] == "HTTP/1.1 200 OK")
                    }
                    // In one packet: the refusals, known at once, wait for the answer that takes its time.
                    try socket.write(
                        post(beacon) + post("{") + "GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n" + post(beacon))
                    let statuses = try (0..<4).map { _ in try socket.readAnswer().head[0] }
                    #expect(statuses.map { $0.split(separator: " ")[1] } == ["200", "400", "404", "200"])
                    try socket.write(post(beacon, "Connection: close\r\n"))
                    let last = try socket.readAnswer().head
                    #expect(last[0] == "HTTP/1.1 200 OK")
                    #expect(last.contains { $0.lowercased() == "connection: close" })
                    #expect(try socket.readToEnd() == "")
                }
            }
        }

        @Test("A page of an allowed origin may send beacons and read the answer, refusals too; another's is refused")
        func crossOrigin() async throws {
            try await Stage.run("cross-origin") { stage in
                let catcher = try stage.startCatcher(["--allowed-origins", "https://a.example,https://b.example"])
                try await catcher.ready()
                for (origin, body, status) in [
                    ("https://a.example", #"{"name":"map.load"}"#, 200), ("https://b.example", "{", 400),
                ] {
                    let answer = try await stage.post(
                        Array(body.utf8),
                        headers: [HTTPHeader("Origin", origin), HTTPHeader("Content-Type", "text/plain")])
                    #expect(answer.status == status)
                    #expect(answer[header: "access-control-allow-origin"] == origin)
                    #expect(answer[header: "access-control-allow-credentials"] == "true")
                    #expect(answer[header: "access-control-expose-headers"] == "Retry-After")
                    #expect(answer[header: "vary"] == "Origin")
                    #expect(answer[header: "set-cookie"] == nil)
                }
                for origin in ["https://c.example", "http://a.example", "null"] {
                    let answer = try await stage.post(
                        Array(#"{"name":"map.load"}"#.utf8),
                        headers: [HTTPHeader("Origin", origin), HTTPHeader("Content-Type", "text/plain")])
                    #expect(answer.status == 403)
                    #expect(answer[header: "access-control-allow-origin"] == nil)
                    #expect(String(decoding: answer.body, as: UTF8.self).contains(#""error":"origin_refused""#))
                }
            }
        }

        @Test("A preflight is answered with what a browser may send, and for how long it need not ask again")
        func preflight() async throws {
            try await Stage.run("preflight") { stage in
                let catcher = try stage.startCatcher()
                try await catcher.ready()
                let answer = try await stage.transport.send(
                    HTTPRequest(
                        method: "OPTIONS", url: "http://127.0.0.1:\(stage.catcherPort)/work",
                        headers: [
                            HTTPHeader("Origin", "https://any.example"),
                            HTTPHeader("Access-Control-Request-Method", "POST"),
                            HTTPHeader("Access-Control-Request-Headers", "content-type"),
                        ]))
                #expect(answer.status == 204)
                #expect(answer.body.isEmpty)
                #expect(answer[header: "access-control-allow-origin"] == "https://any.example")
                #expect(answer[header: "access-control-allow-methods"] == "POST, GET")
                #expect(answer[header: "access-control-allow-headers"] == "Content-Type, Content-Encoding")
                #expect(answer[header: "access-control-max-age"] == "86400")
                #expect(try await stage.depth().isEmpty)
            }
        }
    }
}
