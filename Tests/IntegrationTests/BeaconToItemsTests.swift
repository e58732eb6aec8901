import AWSCore
import Beacons
import Testing

@testable import Demo

extension ProductTests {
    @Suite(.serialized) struct BeaconToItemsTests {
        @Test("Every event of a sample ends as one item, the rollups count each once, and both queues are empty")
        func sample() async throws {
            try await Stage.run("sample") { stage in
                let catcher = try stage.startCatcher()
                let worker = try stage.startWorker()
                try await catcher.ready()
                try await worker.ready()
                let load = try Load(500, seed: 1, on: stage)
                let report = await load.run()
                #expect(report.acknowledged == 500)
                try await stage.expectStored(load.sample, load.acknowledged, isCountExact: report.retries == 0)
                #expect(await worker.metric("worker_messages_total{outcome=\"done\"}") > 0)
                #expect(await catcher.metric("catcher_beacons_total{outcome=\"queued\"}") >= 500)
                #expect(try await worker.terminate() == 0)
                #expect(try await catcher.terminate() == 0)
            }
        }

        @Test("The README's beacon becomes the README's two items, attribute by attribute")
        func example() async throws {
            try await Stage.run("example") { stage in
                let catcher = try stage.startCatcher()
                let worker = try stage.startWorker(["--retention", "10d"])
                try await catcher.ready()
                try await worker.ready()
                let body = """
                    {"map_id":"stores","session_id":"s1","events":[
                      {"id":"e1","name":"map.moveend","center":[-122.75,53.91],"zoom":11.4,"gesture":"pan",\
                    "duration_ms":412,"props":{"theme":"dark"}}]}
                    """
                let before = Timestamp.now()
                let answer = try await stage.post(
                    Array(body.utf8),
                    headers: [
                        HTTPHeader("Content-Type", "text/plain"), HTTPHeader("User-Agent", "browser/1"),
                        HTTPHeader("Origin", "https://example.com"),
                    ])
                let after = Timestamp.now()
                #expect(answer.status == 200)
                #expect(answer.body.isEmpty)

                let hours = HourRange(from: before, through: after)
                let event = try await stage.onlyItem(hours.days.map { "e#stores#\($0)#0" })
                let received = Timestamp(milliseconds: Int64(event["received"]?.integer ?? 0))
                #expect((before.milliseconds...after.milliseconds).contains(received.milliseconds))
                let hour = HourRange(from: received, through: received)
                let retention: Int64 = 10 * 86_400
                #expect(
                    event == [
                        "pk": .string("e#stores#\(hour.days[0])#0"), "sk": .string("s1/e1"),
                        "name": .string("map.moveend"), "map_id": .string("stores"), "session_id": .string("s1"),
                        "ua": .string("browser/1"), "ip": .string("127.0.0.0"),
                        "origin": .string("https://example.com"), "gesture": .string("pan"),
                        "at": .number("\(received.milliseconds)"), "received": .number("\(received.milliseconds)"),
                        "lng": .number("-122.75"), "lat": .number("53.91"), "zoom": .number("11.4"),
                        "duration_ms": .number("412"), "tile": .string("02121020121"),
                        "extra": .string(#"{"props":{"theme":"dark"}}"#),
                        "ttl": .number("\(received.seconds + retention)"),
                    ])

                let rollup = try await stage.onlyItem(hours.hours.map { "r#stores#\($0)" })
                let key = rollup["sk"]?.string ?? ""
                #expect(key.hasSuffix("#0"))
                #expect(key.utf8.count == 38, "a message's UUID and the part")
                let endOfHour = (received.seconds / 3600 + 1) * 3600
                #expect(
                    rollup == [
                        "pk": .string("r#stores#\(hour.hours[0])"), "sk": .string(key), "n": .number("1"),
                        "names": .map(["map.moveend": .number("1")]),
                        "tiles": .map(["02121020121": .number("1")]),
                        "ttl": .number("\(endOfHour + retention)"),
                    ])
                try await stage.untilQueueIsEmpty()
            }
        }
    }
}

/// Tests of the whole product. One after the other: they share the machine with each other's servers.
@Suite(.serialized) enum ProductTests {}

extension Stage {
    /// The one item that some partitions come to hold.
    func onlyItem(_ partitions: [String]) async throws -> [String: AttributeValue] {
        var found: [[String: AttributeValue]] = []
        try await eventually("there is an item in \(partitions.joined(separator: " or "))") {
            found = []
            for partition in partitions { try await items(partition) { found.append($0) } }
            return found.isEmpty ? "there is none" : nil
        }
        #expect(found.count == 1)
        return found[0]
    }
}
