import AWSCore
import Locking
import Testing

@testable import Demo

struct PosterTests {
    /// A catcher that answers each beacon by a script: the statuses of its first, second, … request.
    private final class ScriptedCatcher: Transport {
        private let script: [Int]
        private let requests = Guarded<[[UInt8]: Int]>([:])

        init(_ script: [Int]) {
            self.script = script
        }

        var counts: [Int] { requests.withLock { Array($0.values) } }

        func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
            let number = requests.withLock { requests in
                defer { requests[request.body, default: 0] += 1 }
                return requests[request.body, default: 0]
            }
            let status = script[min(number, script.count - 1)]
            if status == 0 { throw TransportError(.broken, "reset") }
            return HTTPResponse(status: status, body: Array("{\"error\":\"e\"}".utf8))
        }
    }

    private func post(_ script: [Int], patience: Duration = .seconds(30)) async -> (
        BeaconPoster.Report, Set<String>, [Int]
    ) {
        let catcher = ScriptedCatcher(script)
        let sample = Sample(count: 20, seed: 7, end: Timestamp(milliseconds: 1_760_000_000_000))
        let ids = Guarded<Set<String>>([])
        let poster = BeaconPoster(transport: catcher, url: "http://127.0.0.1/work", concurrency: 8, patience: patience)
        let report = await poster.post(sample) { beacon in ids.withLock { $0.formUnion(beacon.eventIDs) } }
        return (report, ids.withLock { $0 }, catcher.counts)
    }

    private var allIDs: Set<String> {
        Set(Sample(count: 20, seed: 7, end: Timestamp(milliseconds: 1_760_000_000_000)).flatMap(\.eventIDs))
    }

    @Test("Each beacon is posted once where it is taken")
    func taken() async {
        let (report, ids, counts) = await post([200])
        #expect(report == .init(acknowledged: 20, events: allIDs.count))
        #expect(ids == allIDs)
        #expect(counts == Array(repeating: 1, count: 20))
    }

    @Test("A beacon that is not taken for now is sent again, the same bytes", arguments: [503, 429, 408, 0])
    func again(status: Int) async {
        let (report, ids, counts) = await post([status, 200])
        #expect(report.acknowledged == 20 && report.events == allIDs.count && report.retries == 20)
        #expect(report.firstTrouble?.hasPrefix(status == 0 ? "connection broken" : "\(status) ") == true)
        #expect(ids == allIDs)
        #expect(counts == Array(repeating: 2, count: 20))
    }

    @Test("A beacon that is refused is not sent again, and the first answer is kept")
    func refused() async {
        let (report, ids, counts) = await post([400])
        #expect(report == .init(refused: 20, firstRefusal: "400 {\"error\":\"e\"}"))
        #expect(ids.isEmpty)
        #expect(counts == Array(repeating: 1, count: 20))
    }

    @Test("Patience ends")
    func impatient() async {
        let (report, _, _) = await post([503], patience: .zero)
        #expect(report.refused == 20)
        #expect(report.acknowledged == 0)
    }
}
