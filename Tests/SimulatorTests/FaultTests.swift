import AWSCore
import Testing

@testable import Simulator

/// Each fault, seen from the other end of the connection.
struct FaultTests {
    private func fault(_ kind: Fault.Kind, _ change: (inout Fault) -> Void = { _ in }) -> Fault {
        var fault = Fault(kind)
        change(&fault)
        return fault
    }

    private func kind(_ body: () async throws -> HTTPResponse) async throws -> TransportError.Kind? {
        do {
            _ = try await body()
            return nil
        } catch let error as TransportError {
            return error.kind
        }
    }

    @Test func `An error is answered with its status and code, and no work is done`() async throws {
        try await withSimulator { client in
            client.simulator.faults.set([
                fault(.error) {
                    $0.status = 503
                    $0.code = "ServiceUnavailable"
                    $0.retryAfter = .milliseconds(250)
                }
            ])
            let answer = try await client.send("a")
            #expect(answer.status == 503)
            #expect(answer.text.contains("#ServiceUnavailable"))
            #expect(answer[header: "x-amzn-query-error"] == "ServiceUnavailable;Receiver")
            #expect(answer[header: "x-amz-retry-after"] == "250")
            #expect(client.simulator.meter.snapshot().messagesSent == 0)
        }
    }

    @Test(arguments: [
        (Fault.Kind.throttle, "RequestThrottled", "ProvisionedThroughputExceededException"),
        (.expiredCredentials, "ExpiredTokenException", "ExpiredTokenException"),
        (.missing, "QueueDoesNotExist", "ResourceNotFoundException"),
    ])
    func `Throttling, expiry and absence are answered in each service's own words`(
        _ kind: Fault.Kind, _ sqs: String, _ dynamoDB: String
    ) async throws {
        try await withSimulator { client in
            client.simulator.faults.set([fault(kind)])
            let sent = try await client.send("a")
            #expect(sent.status == 400)
            #expect(sent.text.contains("#\(sqs)\""))
            let written = try await client.write("a")
            #expect(written.status == 400)
            #expect(written.text.contains("#\(dynamoDB)\""))
            let counts = client.simulator.meter.snapshot()
            #expect(counts.messagesSent == 0)
            #expect(counts.itemsWritten == 0)
        }
    }

    @Test func `A connection dropped before leaves the work undone, one dropped after leaves it done`() async throws {
        try await withSimulator { client in
            client.simulator.faults.set([fault(.dropBefore)])
            let outcome = try await kind { try await client.send("a") }
            #expect(outcome == .broken)
            #expect(client.simulator.meter.snapshot().messagesSent == 0)
            client.simulator.faults.set([fault(.dropAfter)])
            let dropped = try await kind { try await client.send("a") }
            #expect(dropped == .broken)
            #expect(client.simulator.meter.snapshot().distinctMessages == 1)
        }
    }

    @Test func `A half-open connection has done the work and stays silent; the next one is served`() async throws {
        try await withSimulator { client in
            client.simulator.faults.set([fault(.halfOpen) { $0.count = 1 }])
            let silent = try await kind {
                try await client.write("a", timeout: TestClient.patience)
            }
            #expect(silent == .timeout)
            #expect(client.simulator.meter.snapshot().itemsWritten == 1)
            #expect(try await client.write("b").status == 200)
        }
    }

    @Test func `A black-holed connection is accepted and never read; the next one is served`() async throws {
        try await withSimulator { prepared in
            prepared.simulator.faults.set([fault(.blackHole) { $0.count = 1 }])
            let client = try TestClient(prepared.simulator)
            let silent = try await kind {
                try await client.write("a", timeout: TestClient.patience)
            }
            #expect(silent == .timeout)
            #expect(client.simulator.meter.snapshot().itemsWritten == 0)
            #expect(try await client.write("b").status == 200)
        }
    }

    @Test func `A cut body ends before its length`() async throws {
        try await withSimulator { client in
            client.simulator.faults.set([fault(.cutBody)])
            let cut = try await kind { try await client.send("a") }
            #expect(cut == .broken)
            #expect(client.simulator.meter.snapshot().messagesSent == 1)
        }
    }

    @Test func `A batch fails in part, by the server's fault, and what failed was not done`() async throws {
        try await withSimulator { client in
            client.simulator.faults.set([fault(.partialBatch) { $0.share = 0.5 }])
            let answer = try await client.send("a", "b", "c", "d", "e", "f", "g", "h")
            #expect(answer.status == 200)
            let (done, failed) = try JSONParser().parse(answer.body) { root in
                (Array(root["Successful"]!.elements).count, root["Failed"]!.elements.map { $0["SenderFault"]?.bool })
            }
            #expect(done + failed.count == 8)
            #expect(done > 0)
            #expect(!failed.isEmpty)
            #expect(failed.allSatisfy { $0 == false })
            #expect(client.simulator.meter.snapshot().messagesSent == done)
        }
    }

    @Test func `Unprocessed items come back as they were sent, and are not written`() async throws {
        try await withSimulator { client in
            client.simulator.faults.set([fault(.unprocessed) { $0.share = 1 }])
            let answer = try await client.write("a", "b")
            let item = #"{"PutRequest":{"Item":{"pk":{"S":"p"},"sk":{"S":"a"},"v":{"S":"x"}}}}"#
            #expect(answer.text.hasPrefix(#"{"UnprocessedItems":{"beacons":[\#(item),"#))
            let counts = client.simulator.meter.snapshot()
            #expect(counts.itemsUnprocessed == 2)
            #expect(counts.itemsWritten == 0)
        }
    }

    @Test func `A wrong CRC32 and a wrong MD5 are wrong, and right without the fault`() async throws {
        try await withSimulator { client in
            func areRight() async throws -> [Bool] {
                let written = try await client.write("a")
                let sent = try await client.send("a")
                let received = try await client.receive()
                return [written[header: "x-amz-crc32"] == "\(crc32(of: written.body))"]
                    + [sent, received].map { $0.text.contains("0cc175b9c0f1b6a831c399e269772661") }
            }
            let without = try await areRight()
            #expect(without == [true, true, true])
            client.simulator.faults.set([fault(.wrongCRC32), fault(.wrongMD5)])
            let with = try await areRight()
            #expect(with == [false, false, false])
        }
    }

    @Test func `A skewed clock refuses what the true time signs, takes what its own signs, and says so in Date`()
        async throws
    {
        try await withSimulator { client in
            client.simulator.faults.set([fault(.skewedClock) { $0.skew = .seconds(3600) }])
            let body = #"{"TableName":"beacons"}"#
            let refused = try await client.call(.scan, body)
            #expect(refused.text.contains("Signature expired"))
            let theirs = Timestamp.now() + .seconds(3600)
            #expect(try await client.call(.scan, body, date: theirs).status == 200)
            let date = try #require(refused[header: "date"])
            let near = (-60...60).map { LoopContext.httpDate(theirs + .seconds($0)) }
            #expect(near.contains(date))
        }
    }

    @Test func `One item with the text is refused, and the call with it`() async throws {
        try await withSimulator { client in
            client.simulator.faults.set([fault(.refuseItem) { $0.text = "poison" }])
            #expect(try await client.write("a").status == 200)
            let answer = try await client.write("b", value: "some poison in it")
            #expect(answer.status == 400)
            #expect(answer.text.contains("ValidationException"))
            #expect(client.simulator.meter.snapshot().itemsWritten == 1)
            #expect(client.simulator.faults.entries.map(\.happened) == [1])
        }
    }

    @Test func `A fault befalls its operations alone, as often as said`() async throws {
        try await withSimulator { client in
            client.simulator.faults.set([
                fault(.throttle) {
                    $0.operations = [.batchWriteItem]
                    $0.count = 2
                }
            ])
            #expect(try await client.send("a").status == 200)
            var statuses: [Int] = []
            for key in ["a", "b", "c"] { statuses.append(try await client.write(key).status) }
            #expect(statuses == [400, 400, 200])
        }
    }

    @Test func `The same seed brings the same sequence, another seed another`() {
        func sequence(_ seed: UInt64) -> [Bool] {
            let faults = Faults(seed: seed, faults: [fault(.dropBefore) { $0.probability = 0.5 }])
            return (0..<64).map { _ in faults.plan(for: .query).dropsBefore }
        }
        #expect(sequence(1) == sequence(1))
        #expect(sequence(1) != sequence(2))
        let happened = sequence(3).filter { $0 }.count
        #expect((16...48).contains(happened))
    }
}
