import AWSCore
import Testing

@testable import Simulator

struct MeterTests {
    @Test func `SQS bills a request, and each 64 KiB of its payload`() async throws {
        try await withSimulator { client in
            let meter = client.simulator.meter
            _ = try await client.send(String(repeating: "x", count: 65_536))
            #expect(meter.snapshot().billedSQSRequests == 1)
            _ = try await client.send(String(repeating: "y", count: 65_536), "z")
            #expect(meter.snapshot().billedSQSRequests == 3)
            _ = try await client.receive()
            #expect(meter.snapshot().billedSQSRequests == 6)
            _ = try await client.receive()
            let counts = meter.snapshot()
            #expect(counts.billedSQSRequests == 7)
            #expect(counts.requests(of: .receiveMessage) == 2)
            #expect(abs(counts.sqsDollars - 7 * 0.40 / 1_000_000) < 1e-12)
        }
    }

    @Test func `DynamoDB bills each KiB of each item, the larger of old and new`() async throws {
        try await withSimulator { client in
            let meter = client.simulator.meter
            // pk, sk and v with their values take seven bytes beside the filling.
            _ = try await client.write("a", "b", value: String(repeating: "x", count: 1024 - 7))
            #expect(meter.snapshot().writeUnits == 2)
            _ = try await client.write("a", value: String(repeating: "x", count: 1025 - 7))
            #expect(meter.snapshot().writeUnits == 4)
            _ = try await client.write("a")
            #expect(meter.snapshot().writeUnits == 6)
            #expect(abs(meter.snapshot().dynamoDBDollars - 6 * 0.625 / 1_000_000) < 1e-12)
        }
    }

    @Test func `Rewrites count apart: the same bytes, and other bytes`() async throws {
        try await withSimulator { client in
            for value in ["x", "x", "y"] { _ = try await client.write("a", value: value) }
            let counts = client.simulator.meter.snapshot()
            #expect(counts.itemsWritten == 3)
            #expect(counts.itemsRewritten == 1)
            #expect(counts.itemsChanged == 1)
            let items = try await client.control("GET", "/_simulator/items?table=beacons&prefix=p")
            #expect(items.text == #"{"pk":"p","sk":"a","writes":3,"changes":1,"size":8}"# + "\n")
        }
    }

    @Test
    func `Messages sent again count once as distinct, and deliveries of one message after its first as duplicates`()
        async throws
    {
        var options = SimulatorOptions()
        options.faults = [Fault(.duplicate)]
        try await withSimulator(options) { client in
            _ = try await client.send("a", "b")
            _ = try await client.send("a")
            _ = try await client.receive()
            _ = try await client.receive()
            let counts = client.simulator.meter.snapshot()
            #expect(counts.messagesSent == 3)
            #expect(counts.distinctMessages == 2)
            #expect(counts.messagesDelivered == 6)
            #expect(counts.duplicatesDelivered == 3)
        }
    }

    @Test func `Discarded items are checked and counted, and not kept`() async throws {
        var options = SimulatorOptions()
        options.storesItems = false
        try await withSimulator(options) { client in
            _ = try await client.write("a", "b")
            #expect(try await client.write("a", "a").status == 400)
            #expect(client.simulator.meter.snapshot().itemsWritten == 2)
            #expect(try await client.control("GET", "/_simulator/items?table=beacons").text.isEmpty)
        }
    }
}
