import Locking
import Testing

@testable import AWSCore

@Suite("The curl transport, against real sockets")
struct CurlTransportTests {
    private func request(_ url: String, method: String = "POST", body: String = "{}") -> HTTPRequest {
        var request = HTTPRequest(
            method: method, url: url, headers: [HTTPHeader("X-Empty", ""), HTTPHeader("X-Name", "value")],
            body: Array(body.utf8))
        request.timeout = .seconds(20)
        return request
    }

    @Test("sends what it was given and reads the whole answer")
    func roundTrip() async throws {
        let seen = Guarded("")
        let server = try LoopbackServer { connection in
            let text = connection.readRequest() ?? ""
            seen.withLock { $0 = text }
            connection.write("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n")
            connection.respond("answer", status: "201 Created", headers: "X-Answer:  spaced \r\n")
            connection.waitForClose()
        }
        defer { server.stop() }
        let body = String(repeating: "é", count: 700_000)
        let response = try await CurlTransport().send(request(server.url, body: body))
        #expect(response.status == 201)
        #expect(response.body == Array("answer".utf8))
        #expect(response.body.capacity >= 6 + JSONParser.padding)
        #expect(response[header: "x-answer"] == "spaced")
        #expect(response[header: "x-interim"] == nil)
        let text = seen.withLock { $0 }
        #expect(text.hasPrefix("POST / HTTP/1.1\r\n") && text.hasSuffix(body))
        #expect(text.contains("\r\nX-Empty:\r\n") && text.contains("\r\nX-Name: value\r\n"))
        #expect(!text.contains("Expect:") && !text.contains("Accept:"))
    }

    @Test("uses a method without a body as it is", arguments: ["GET", "HEAD", "PUT", "DELETE"])
    func methods(method: String) async throws {
        let seen = Guarded("")
        let server = try LoopbackServer { connection in
            let text = connection.readRequest() ?? ""
            seen.withLock { $0 = text }
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            connection.waitForClose()
        }
        defer { server.stop() }
        let response = try await CurlTransport().send(request(server.url, method: method, body: ""))
        #expect(response.status == 200)
        #expect(seen.withLock { $0.hasPrefix("\(method) / HTTP/1.1\r\n") })
    }

    @Test("of a handle's requests each goes out as it is, whatever the one before was, and also after a failure")
    func successive() async throws {
        let seen = Guarded<[String]>([])
        let server = try LoopbackServer { connection in
            while let text = connection.readRequest() {
                seen.withLock { $0.append(text) }
                if text.contains(" /broken ") { return }
                connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            }
        }
        defer { server.stop() }
        let requests = [
            ("POST", "/", "{\"a\":1}"), ("POST", "/", "{}"), ("POST", "/", ""), ("GET", "/a", ""), ("HEAD", "/a", ""),
            ("POST", "/a", "{\"longer\":\"than the others\"}"), ("POST", "/broken", "x"), ("POST", "/", "{}"),
            ("PUT", "/", "y"), ("GET", "/", ""),
        ]
        let transport = try CurlTransport()
        for (method, path, body) in requests {
            let response = try? await transport.send(request(server.url.dropLast() + path, method: method, body: body))
            #expect((response == nil) == (path == "/broken"))
        }
        #expect(transport.handles == 1)
        // libcurl asks once more where a connection that it had used before says nothing.
        let sent = seen.withLock { $0 }.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
        try #require(sent.count == requests.count)
        for (text, (method, path, body)) in zip(sent, requests) {
            #expect(text.hasPrefix("\(method) \(path) HTTP/1.1\r\n"))
            #expect(text.hasSuffix("\r\n\r\n" + body))
            #expect(text.contains("Content-Length: \(body.utf8.count)\r\n") == (method == "POST" || method == "PUT"))
        }
    }

    @Test("keeps a connection for the next request, and says when that had gone stale")
    func reuse() async throws {
        let server = try LoopbackServer { connection in
            _ = connection.readRequest()
            connection.respond("1")
            guard connection.readRequest() != nil else { return }
            // The answer stops in its middle: libcurl does not send again by itself what was half answered.
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        }
        defer { server.stop() }
        let transport = try CurlTransport()
        _ = try await transport.send(request(server.url))
        let error = await #expect(throws: TransportError.self) { try await transport.send(request(server.url)) }
        #expect(error?.kind == .broken && error?.onReusedConnection == true)
        #expect(server.connections == 1)
    }

    @Test("many requests at once all get their own answers")
    func concurrent() async throws {
        let server = try LoopbackServer { connection in
            while let text = connection.readRequest() {
                connection.respond(String(text.split(separator: "\r\n").last ?? ""))
            }
        }
        defer { server.stop() }
        let transport = try CurlTransport()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let response = try await transport.send(request(server.url, body: "n\(number)"))
                    #expect(String(decoding: response.body, as: UTF8.self) == "n\(number)")
                }
            }
            try await group.waitForAll()
        }
        #expect(server.connections <= 400)
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: TransportError.Kind
        let handler: LoopbackServer.Handler
    }

    static let failures = [
        Failure(testDescription: "closed before the answer", kind: .broken) { _ = $0.readRequest() },
        Failure(testDescription: "closed within the headers", kind: .broken) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Le")
        },
        Failure(testDescription: "closed within the body", kind: .broken) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        },
        Failure(testDescription: "no HTTP", kind: .invalid) {
            _ = $0.readRequest()
            $0.write("SSH-2.0-OpenSSH_9.2\r\n")
        },
        Failure(testDescription: "an answer over the limit", kind: .tooLarge) {
            _ = $0.readRequest()
            $0.respond(String(repeating: "x", count: 5000))
        },
        Failure(testDescription: "never answered", kind: .timeout) { $0.waitForClose() },
        Failure(testDescription: "an answer that never ends", kind: .timeout) {
            _ = $0.readRequest()
            $0.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
            $0.waitForClose()
        },
    ]

    @Test("each way a server can fail has its kind of error, and none hangs", arguments: failures)
    func fails(_ failure: Failure) async throws {
        let server = try LoopbackServer(failure.handler)
        defer { server.stop() }
        var options = CurlTransport.Options()
        options.maxResponse = .bytes(4096)
        var request = request(server.url)
        request.timeout = failure.kind == .timeout ? .milliseconds(100) : .seconds(20)
        let transport = try CurlTransport(options: options)
        let sent = request
        let error = await #expect(throws: TransportError.self) { try await transport.send(sent) }
        #expect(error?.kind == failure.kind, "\(String(describing: error))")
    }

    @Test(
        "a request that cannot be sent is refused",
        arguments: [
            ("http://127.0.0.1:1/", TransportError.Kind.connect), ("ftp://127.0.0.1/", .invalid), ("http://", .invalid),
        ])
    func unsendable(url: String, kind: TransportError.Kind) async throws {
        let error = await #expect(throws: TransportError.self) { try await CurlTransport().send(request(url)) }
        #expect(error?.kind == kind, "\(String(describing: error))")
    }

    @Test("an error says where the request went, and nothing of the URL that may be secret")
    func secretURL() async throws {
        let server = try LoopbackServer { _ = $0.readRequest() }
        defer { server.stop() }
        let port = try #require(server.url.split(separator: ":").last?.prefix { $0.isNumber })
        for port in [String(port), "1"] {
            let url = "http://user:hunter2@127.0.0.1:\(port)/hunter2?id=hunter2"
            let error = await #expect(throws: TransportError.self) { try await CurlTransport().send(request(url)) }
            #expect(error?.message.hasPrefix("http://127.0.0.1:\(port): ") == true)
            #expect(error?.message.contains("hunter2") == false)
        }
    }

    @Test("a header with a line break is refused: it would be another header")
    func headerInjection() async throws {
        var request = HTTPRequest(method: "GET", url: "http://127.0.0.1:1/")
        request.headers = [HTTPHeader("X", "a\r\nY: b")]
        let sent = request
        let error = await #expect(throws: TransportError.self) { try await CurlTransport().send(sent) }
        #expect(error?.kind == .invalid)
    }

    @Test("a cancelled task ends its request at once, others go on")
    func cancellation() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try LoopbackServer { connection in
            guard let text = connection.readRequest() else { return }
            if text.hasSuffix("answer") {
                connection.respond("ok")
            } else {
                arrived.yield()
            }
            connection.waitForClose()
        }
        defer { server.stop() }
        let transport = try CurlTransport()
        let hanging = Task { try await transport.send(request(server.url, body: "hang")) }
        for await _ in arrivals { break }
        hanging.cancel()
        let error = await #expect(throws: TransportError.self) { try await hanging.value }
        #expect(error?.kind == .cancelled)
        #expect(try await transport.send(request(server.url, body: "answer")).status == 200)
        let early = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await transport.send(request(server.url, body: "hang"))
        }
        await #expect(throws: TransportError.self) { try await early.value }
    }

    @Test("of many requests that are never answered each ends in its own time", .timeLimit(.minutes(1)))
    func manyTimeouts() async throws {
        let server = try LoopbackServer { $0.waitForClose() }
        defer { server.stop() }
        let transport = try CurlTransport()
        await withTaskGroup(of: TransportError.Kind?.self) { group in
            for number in 0..<60 {
                var request = request(server.url)
                request.timeout = .milliseconds(20 + 5 * (number * 7 % 60))
                group.addTask { [request] in
                    do throws(TransportError) { _ = try await transport.send(request) } catch { return error.kind }
                    return nil
                }
            }
            for await kind in group { #expect(kind == .timeout || kind == .connect) }
        }
    }

    @Test(
        "a request that waits for one of the few connections waits no longer than its own time", .timeLimit(.minutes(1))
    )
    func boundedConnections() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try LoopbackServer { connection in
            guard let text = connection.readRequest() else { return }
            if text.hasSuffix("answer") { return connection.respond("ok") }
            arrived.yield()
            connection.waitForClose()
        }
        defer { server.stop() }
        var options = CurlTransport.Options()
        options.maxConnections = 1
        let transport = try CurlTransport(options: options)
        var endless = request(server.url, body: "hang")
        endless.timeout = .seconds(600)
        let first = Task { [endless] in try await transport.send(endless) }
        for await _ in arrivals { break }
        var brief = request(server.url, body: "brief")
        brief.timeout = .milliseconds(100)
        let sent = brief
        let error = await #expect(throws: TransportError.self) { try await transport.send(sent) }
        #expect(error?.kind == .timeout || error?.kind == .connect, "\(String(describing: error))")
        #expect(server.connections == 1)
        first.cancel()
        await #expect(throws: TransportError.self) { try await first.value }
        #expect(try await transport.send(request(server.url, body: "answer")).status == 200)
    }
}
