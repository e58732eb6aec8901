import Operations
import Testing

@testable import AWSCore
@testable import Worker

@Suite("The conditions of queue and table")
struct ConditionsTests {
    private let readiness = Readiness()
    private let log = LogLines()
    private var conditions: Conditions {
        Conditions(queue: "beacons", table: "items", readiness: readiness, logger: log.logger())
    }

    @Test("However failures and successes race, a success at the end leaves the worker ready", .timeLimit(.minutes(1)))
    func race() async {
        let conditions = conditions
        for _ in 0..<300 {
            await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask { conditions.fail(.writing, .throttled) }
                    group.addTask { conditions.meet(.writing) }
                }
            }
            conditions.meet(.writing)
            #expect(readiness.isReady)
        }
    }

    @Test("A queue that may be received from and not deleted from stays not ready, and that is said once")
    func deleting() {
        let conditions = conditions
        for _ in 0..<3 {
            conditions.fail(.deleting, .denied)
            conditions.meet(.receiving)
        }
        #expect(!readiness.isReady)
        #expect(log.lines.count == 1)
        conditions.meet(.deleting)
        #expect(readiness.isReady)
    }

    @Test("What failed in passing is over with any success; a table's troubles are its own")
    func passing() {
        let conditions = conditions
        conditions.fail(.hiding, .unreachable)
        conditions.fail(.deleting, .unreachable)
        conditions.fail(.writing, .unreachable)
        conditions.meet(.receiving)
        #expect(readiness.failures.keys.sorted() == ["table"])
        conditions.meet(.writing)
        #expect(readiness.isReady)
        #expect(log.lines.count == 4, "each said once, and its end")
    }

    @Test("A call that was given up says nothing of the queue")
    func cancelled() {
        conditions.fail(
            .hiding, AWSError(service: "sqs", operation: "X", code: .cancelled, message: "given up"))
        #expect(readiness.isReady)
        #expect(log.lines.isEmpty)
    }
}
