import AWSCore
import Testing

@testable import Simulator

struct ControlTests {
    @Test func `Faults are set, shown with how often they happened, and taken away over HTTP`() async throws {
        try await withSimulator { client in
            let set = try await client.control(
                "PUT", "/_simulator/faults",
                """
                {"seed":7,"faults":[{"kind":"throttle","probability":1,"count":1,"operations":["SendMessageBatch"]},
                {"kind":"latency","latency_ms":1}]}
                """)
            #expect(set.status == 200)
            #expect(try await client.send("a").status == 400)
            #expect(try await client.send("a").status == 200)
            let shown = try await client.control("GET", "/_simulator/faults").text
            #expect(
                shown.contains(#""kind":"throttle","probability":1.0,"operations":["SendMessageBatch"],"happened":1"#))
            #expect(shown.contains(#""kind":"latency","probability":1.0,"operations":[],"happened":2"#))
            _ = try await client.control("DELETE", "/_simulator/faults")
            #expect(client.simulator.faults.entries.isEmpty)
        }
    }

    @Test(arguments: [
        ("nonsense", "not JSON"), ("{}", "`faults`"), (#"{"faults":[{"kind":"fire"}]}"#, "`kind` must be one of"),
        (#"{"faults":[{"kind":"error","probability":2}]}"#, "`probability`"),
        (#"{"faults":[{"kind":"error","operations":["Fly"]}]}"#, "`operations`"),
        (#"{"faults":[{"kind":"error","odds":1}]}"#, "unknown member `odds`"),
    ])
    func `A list of faults that makes no sense is refused with the reason, and changes nothing`(
        _ body: String, _ reason: String
    ) async throws {
        try await withSimulator { client in
            client.simulator.faults.set([Fault(.wrongMD5)])
            let answer = try await client.control("PUT", "/_simulator/faults", body)
            #expect(answer.status == 400)
            #expect(answer.text.contains(reason))
            #expect(client.simulator.faults.entries.map(\.fault) == [Fault(.wrongMD5)])
        }
    }

    @Test func `A reset forgets queues, tables and counts`() async throws {
        try await withSimulator { client in
            _ = try await client.send("a")
            #expect(try await client.control("GET", "/_simulator/meter").text.contains(#""messages_sent":1"#))
            _ = try await client.control("POST", "/_simulator/reset")
            #expect(try await client.send("a").text.contains("QueueDoesNotExist"))
            #expect(try await client.write("a").text.contains("ResourceNotFoundException"))
            #expect(try await client.control("GET", "/_simulator/meter").text.contains(#""messages_sent":0"#))
        }
    }

    @Test func `A message that becomes visible again, and one that is sent, wake a long poll`() async throws {
        try await withSimulator { client in
            async let woken = client.receive(wait: 20)
            // The poll is waiting once it is nobody's turn but the sender's: a send before it is as good.
            _ = try await client.send("a")
            let first = try await woken
            #expect(first.text.contains(#""Body":"a""#))
            let handle = try JSONParser().parse(first.body) { root in
                root["Messages"]?.elements.first { _ in true }?["ReceiptHandle"]?.string
            }
            async let again = client.receive(wait: 20)
            _ = try await client.call(
                .changeMessageVisibility,
                #"{"QueueUrl":"\#(client.queue())","ReceiptHandle":"\#(handle ?? "")","VisibilityTimeout":1}"#)
            #expect(try await again.text.contains(#""Body":"a""#))
        }
    }

    @Test func `Clients on several event loops send, receive and delete each message once`() async throws {
        var options = SimulatorOptions()
        options.eventLoops = 4
        try await withSimulator(options) { client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for sender in 0..<4 {
                    group.addTask {
                        for batch in 0..<25 {
                            _ = try await client.send("\(sender)-\(batch)-a", "\(sender)-\(batch)-b")
                        }
                        return 0
                    }
                }
                for _ in 0..<4 {
                    group.addTask {
                        // A receiver's own transport: its connections land on other loops than the senders'.
                        let receiver = try TestClient(client.simulator)
                        var received = 0
                        while client.simulator.meter.snapshot().messagesDeleted < 200 {
                            received += try await receiver.receiveAndDelete()
                        }
                        return received
                    }
                }
                let received = try await group.reduce(0, +)
                #expect(received == 200)
            }
            let counts = client.simulator.meter.snapshot()
            #expect(counts.distinctMessages == 200)
            #expect(counts.duplicatesDelivered == 0)
        }
    }

    @Test func `Requests sent behind one another on a connection are answered in their order`() async throws {
        try await withSimulator { client in
            let answers = try await RawConnection.exchange(
                Array(
                    """
                    GET /_simulator/meter HTTP/1.1\r\nHost: x\r\n\r\nGET /_simulator/nothing HTTP/1.1\r\nHost: x\r\n\r\n\
                    GET /_simulator/faults HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n
                    """.utf8), port: client.simulator.port)
            let order = answers.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
            #expect(order == ["200", "404", "200"])
            #expect(answers.hasSuffix(#"{"faults":[]}"#))
        }
    }
}
