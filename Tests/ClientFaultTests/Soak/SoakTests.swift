import Foundation
import Locking
import Testing

@testable import AWSCore
@testable import Simulator

extension UnderFaults {
    @Suite("A soak")
    struct SoakTests {
        /// In a process of its own: what the other tests hold is none of its business.
        @Test("5 % of every fault leave nothing behind: no lie, no descriptor, no memory, no empty quota")
        func soak() async {
            let result = await #expect(
                processExitsWith: .success, observing: [\.standardOutputContent, \.standardErrorContent]
            ) {
                try await SoakTests.run()
            }
            for output in [result?.standardOutputContent, result?.standardErrorContent] {
                print(String(decoding: output ?? [], as: UTF8.self))
            }
        }

        /// Memory may grow by so much from the first tenth on: allocators keep pages apart for threads, and the
        /// simulator, in this process too, remembers what it was sent.
        static let memoryBound = 24 << 10
        /// What a call may take beyond its deadlines on a machine that is slow.
        static let slack = Duration.seconds(20)

        static func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let duration = Duration.seconds(environment["SOAK_SECONDS"].flatMap { Int($0) } ?? 15)
            let soak = try await Soak()
            let port = soak.simulator.port
            let figures = Guarded<[ProcessFigures]>([])
            await soak.run(for: duration) {
                let now = ProcessFigures(port: port)
                figures.withLock { $0.append(now) }
                // The simulator's meter remembers every message.
                soak.simulator.meter.reset()
            }
            let happened = soak.simulator.faults.entries
            let quotas = soak.quotas
            let (failures, recovered) = await soak.recover()
            try await soak.drain()
            let entries = soak.ledger.snapshot
            let seen = figures.withLock { $0 }
            report(entries, seen, quotas, handles: soak.transport.handles, duration)

            #expect(happened.isEmpty, "faults are off")
            #expect(failures.isEmpty, "calls succeed once faults are over: \(failures.prefix(3))")
            #expect(recovered == [500, 500], "the quota fills again")
            #expect(entries.sent.subtracting(entries.received).isEmpty, "a message reported as sent never came")
            #expect(entries.written.subtracting(soak.heldItems()).isEmpty, "an item reported as written is not there")
            #expect(entries.sent.count > 0 && entries.written.count > 0 && entries.calls.count > 1)
            #expect(entries.longestCall < Soak.callTimeout + Soak.longPoll + slack, "a call hung")

            let (first, last) = (try #require(seen.first), try #require(seen.last))
            #expect(soak.transport.handles <= 2 * Soak.tasks)
            #expect(seen.allSatisfy { $0.connections <= 2 * Soak.tasks })
            #expect(last.descriptors <= first.descriptors + Soak.tasks)
            if !Soak.isSanitized {
                #expect(last.residentKiB - first.residentKiB < memoryBound)
            }
            try await soak.simulator.stop()
        }

        private static func report(
            _ entries: SoakLedger.Entries, _ figures: [ProcessFigures], _ quotas: [Int], handles: Int,
            _ duration: Duration
        ) {
            print("soak of \(duration): \(entries.calls.values.reduce(0, +)) calls, longest \(entries.longestCall)")
            for (code, count) in entries.calls.sorted(by: { $0.value > $1.value }) { print("  \(code): \(count)") }
            print("  sent \(entries.sent.count), received \(entries.received.count), written \(entries.written.count)")
            print("  quota left of 500: \(quotas), handles: \(handles)")
            for figure in figures {
                print(
                    "  descriptors \(figure.descriptors), connections \(figure.connections), "
                        + "resident \(figure.residentKiB) KiB")
            }
        }
    }
}
