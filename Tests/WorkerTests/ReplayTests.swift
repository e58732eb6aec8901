import AWSCore
import Beacons
import Channels
import Locking
import Testing

@testable import Worker

@Suite("Replaying quarantine")
struct ReplayTests {
    /// 20,000 days after 1970 began.
    private static let day = "20241004"
    private static let at = 20_000 * 86_400_000

    private func message(_ id: String, _ events: String...) -> String {
        let beacons = events.map { #"{"at":\#(Self.at),"body":{"events":[\#($0)]}}"# }
        return #"{"v":1,"id":"\#(id)","beacons":[\#(beacons.joined(separator: ","))]}"#
    }

    private func replay(
        _ shelf: ScriptedShelf, _ outlet: ScriptedOutlet, reason: String? = nil, limit: Int = .max,
        days: [String] = [day], report: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> Replay.Outcome {
        let replay = Replay(
            shelf: shelf, resender: Resender(outlet: outlet, clock: HandClock().clock), reason: reason, limit: limit,
            report: report)
        return try await replay.run(days)
    }

    @Test(
        "What there is to replay is counted, but where only reading tells",
        arguments: [(nil, Int.max, 4), (nil, 3, 3), (nil, 9, 4), ("name", .max, nil), ("name", 2, 2)]
            as [(String?, Int, Int?)])
    func total(_ reason: String?, _ limit: Int, _ total: Int?) async throws {
        let shelf = ScriptedShelf()
        for number in 0..<2 { shelf.add(message("m\(number)", "7", "8")) }
        shelf.add("not json", id: "of another day", day: 20_001)
        let resender = Resender(outlet: ScriptedOutlet(), clock: HandClock().clock)
        let replay = Replay(shelf: shelf, resender: resender, reason: reason, limit: limit, report: { _ in })
        #expect(await replay.total(of: [Self.day, "19700101"]) == total)
    }

    @Test("Sends every refusal and deletes it; an unreadable message comes back byte for byte")
    func all() async throws {
        let (shelf, outlet) = (ScriptedShelf(), ScriptedOutlet())
        shelf.add("not json", id: "u1")
        shelf.add(message("m1", #"{"name":""}"#, #"{"name":"map.load"}"#, "7"))
        #expect(shelf.keys.count == 3)
        let outcome = try await replay(shelf, outlet)
        #expect(outcome == Replay.Outcome(replayed: 3))
        #expect(shelf.keys.isEmpty)
        #expect(outlet.accepted.contains("not json"))
        #expect(outlet.accepted.contains { $0.contains(#"{"at":\#(Self.at),"body":{"events":[{"name":""}]}}"#) })
    }

    @Test("The same refusal makes the same message each time, so that a repeated replay stores nothing twice")
    func repeated() async throws {
        let (shelf, outlet) = (ScriptedShelf(), ScriptedOutlet())
        for _ in 0..<2 {
            shelf.add(message("m1", #"{"name":""}"#))
            _ = try await replay(shelf, outlet)
        }
        #expect(outlet.accepted.count == 2)
        #expect(Set(outlet.accepted).count == 1)
    }

    @Test("A refusal in several parts is one message")
    func parts() async throws {
        let (shelf, outlet) = (ScriptedShelf(), ScriptedOutlet())
        let long = "x" + String(repeating: "not json ", count: 100_000)
        shelf.add(long)
        shelf.add("y", id: "zz")
        #expect(shelf.keys.count == 5)
        #expect(try await replay(shelf, outlet).replayed == 2)
        #expect(outlet.accepted == [long, "y"])
        #expect(shelf.keys.isEmpty)
    }

    @Test("A refusal of which a part is missing is left, and said", arguments: 0...3)
    func missingPart(part: Int) async throws {
        let (shelf, outlet) = (ScriptedShelf(), ScriptedOutlet())
        shelf.add("x" + String(repeating: "not json ", count: 100_000))
        #expect(shelf.keys.count == 4)
        shelf.items.withLock { items in items["q#\(Self.day)/sqs-id#-#\(part)"] = nil }
        let log = Guarded<[String]>([])
        let outcome = try await replay(shelf, outlet) { line in log.withLock { $0.append(line) } }
        #expect(outcome == Replay.Outcome(left: 1))
        #expect(outlet.accepted.isEmpty)
        #expect(shelf.keys.count == 3)
        #expect(log.withLock { $0.count } == 1)
    }

    @Test("Only the reason asked for, at most as many as asked for, only the days asked for")
    func selection() async throws {
        let (shelf, outlet) = (ScriptedShelf(), ScriptedOutlet())
        shelf.add("not json", id: "u1")
        for number in 0..<15 { shelf.add(message("m\(number)", #"{"name":""}"#)) }
        #expect(try await replay(shelf, outlet, days: ["20241005"]) == Replay.Outcome())
        #expect(try await replay(shelf, outlet, reason: "not JSON") == Replay.Outcome(replayed: 1, passedOver: 15))
        #expect(try await replay(shelf, outlet, limit: 12).replayed == 12)
        #expect(shelf.keys.count == 3)
        #expect(outlet.batches.allSatisfy { $0 <= 10 })
    }

    @Test("What the queue refuses stays in quarantine; what it could not take just now is sent again")
    func failures() async throws {
        let (shelf, outlet) = (ScriptedShelf(), ScriptedOutlet())
        for number in 0..<3 { shelf.add(message("m\(number)", #"{"name":""}"#)) }
        outlet.state.withLock { $0.answers = [nil, .refused, .busy] }
        let hand = HandClock()
        let isDone = SharedCount(0)
        let running = Task {
            defer { isDone.value = 1 }
            return try await Replay(
                shelf: shelf, resender: Resender(outlet: outlet, clock: hand.clock), reason: nil, limit: .max,
                report: { _ in }
            ).run([Self.day])
        }
        await hand.run { isDone.value == 1 }
        #expect(try await running.value == Replay.Outcome(replayed: 2, left: 1))
        #expect(outlet.batches == [3, 1])
        #expect(shelf.keys == ["q#\(Self.day)/m1#0#0"])
    }

    @Test("Nothing is deleted where the queue cannot be reached")
    func unreachable() async throws {
        let (shelf, outlet) = (ScriptedShelf(), ScriptedOutlet())
        shelf.add("not json")
        outlet.state.withLock { $0.errors = [.unreachable] }
        await #expect(throws: AWSError.self) { try await replay(shelf, outlet) }
        #expect(shelf.keys.count == 1)
    }

    @Test("What a worker quarantines anew meanwhile is not sent again and again")
    func quarantinedAnew() async throws {
        let (shelf, outlet) = (ScriptedShelf(), ScriptedOutlet())
        for number in 0..<20 { shelf.add(message("m\(number)", #"{"name":""}"#)) }
        shelf.add("not json")
        // A worker that has processed all that was sent before the page was read.
        shelf.onPage.withLock { onPage in
            onPage = { shelf in
                for (number, body) in outlet.accepted.enumerated() { shelf.add(body, id: "new-\(number + 1)") }
            }
        }
        #expect(try await replay(shelf, outlet).replayed == 21)
    }

    @Test(
        "A reason is found byte for byte", arguments: [("", true), ("name", true), ("empty", true), ("emptyy", false)])
    func reasons(needle: String, isFound: Bool) {
        #expect(Replay.has(needle, in: "event 0: name is empty") == isFound)
    }
}

@Suite("Sending again")
struct ResenderTests {
    @Test("Calls hold ten messages and one mebibyte at most")
    func batches() async throws {
        let outlet = ScriptedOutlet()
        let resender = Resender(outlet: outlet, clock: HandClock().clock)
        let small = Array(repeating: [UInt8](repeating: 32, count: 10), count: 23)
        _ = try await resender.send(small)
        #expect(outlet.batches == [10, 10, 3])
        let large = Array(repeating: [UInt8](repeating: 32, count: 500_000), count: 5)
        _ = try await resender.send(large)
        #expect(outlet.batches.suffix(3) == [2, 2, 1])
    }
}
