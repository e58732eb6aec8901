import Testing

@testable import AWSCore

@Suite("The sockets of the curl transport")
struct SocketWatchTests {
    @Test("A wake-up ends the wait, whether it comes before it or within", .timeLimit(.minutes(1)))
    func wakes() async throws {
        let sockets = try SocketWatch()
        // More wake-ups than a read takes, and then than the pipe holds.
        for count in [1, 1000, 100_000] {
            for _ in 0..<count { sockets.wake() }
            sockets.wait(atMost: 600_000)
        }
        let waker = Task { sockets.wake() }
        sockets.wait(atMost: 600_000)
        await waker.value
    }
}
