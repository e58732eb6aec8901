import AWSCore
import Locking
import Logging
import Operations
import Synchronization
import Testing

struct PersistenceTests {
    private struct Absent: Error {
        let what: String
    }

    @Test("A dependency that is away is said once, shown in readiness, and tried with longer pauses until it is back")
    func triesOn() async throws {
        let readiness = Readiness(starting: ["queue"])
        let clock = HeldClock()
        let said = Guarded<[String]>([])
        let logger = Logger(label: "test") { label in
            LogWriter(label: label, level: .info, format: .text, now: { .init(milliseconds: 0) }) { line in
                said.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
            }
        }
        let attempts = Atomic<Int>(0)
        let persistence = Persistence(
            readiness: readiness, logger: logger, clock: clock, pauses: .seconds(1)...(.seconds(3)))
        let task = Task {
            try await persistence.reach("queue") {
                if attempts.add(1, ordering: .relaxed).newValue < 5 { throw Absent(what: "no such queue") }
                return "url"
            } explain: { error in
                .init(reason: (error as? Absent)?.what ?? "?", advice: "run worker setup")
            }
        }
        var pauses: [Duration] = []
        for _ in 0..<4 {
            let pause = await clock.letOneGo { #expect(readiness.failures == ["queue": "no such queue"]) }
            pauses.append(try #require(pause))
        }
        #expect(try await task.value == "url")
        #expect(pauses == [.seconds(1), .seconds(2), .seconds(3), .seconds(3)])
        #expect(readiness.isReady)
        let lines = said.withLock { $0 }
        #expect(lines.count == 2)
        #expect(lines.first?.contains("run worker setup") == true)
        #expect(lines.last?.contains("queue is available now") == true)
    }

    @Test("Cancelling ends it")
    func cancelled() async {
        let clock = HeldClock()
        let persistence = Persistence(
            readiness: Readiness(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
        let task = Task {
            try await persistence.reach("queue") {
                throw Absent(what: "gone")
            } explain: { _ in
                .init(reason: "gone", advice: "")
            }
        }
        var iterator = clock.sleeps.makeAsyncIterator()
        _ = await iterator.next()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
