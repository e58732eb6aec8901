import Locking
import Testing

@testable import Demo

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Collects text.
final class Written: Sendable {
    private let parts = Guarded<[String]>([])
    var all: [String] { parts.withLock { $0 } }
    func take(_ text: String) { parts.withLock { $0.append(text) } }
}

struct RunningTests {
    private let setup = LocalSetup(
        folder: "/build", ministack: ".venv/bin/ministack", portOffset: 10,
        environment: [
            "PATH": "/bin", "HOME": "/root", "AWS_PROFILE": "production", "AWS_ENDPOINT_URL_SQS": "https://real",
            "CATCHER_LINGER": "5ms", "OTHER": "x",
        ])

    @Test("Each port in use and each missing tool is one line that says what to do")
    func obstacles() {
        #expect(setup.obstacles(isFree: { _ in true }, isExecutable: { _ in true }).isEmpty)
        let all = setup.obstacles(isFree: { _ in false }, isExecutable: { _ in false })
        #expect(all.count == 7)
        #expect(all.allSatisfy { !$0.contains("\n") && $0.contains(": ") })
        for part in ["/build/catcher", "/build/worker", "ministack", "4576", "7011", "7012", "7013"] {
            #expect(all.count { $0.contains(part) } == 1)
        }
    }

    @Test("The servers see the local AWS alone, whatever AWS settings the shell has, and their own variables")
    func environment() {
        let variables = setup.awsEnvironment
        #expect(variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4576")
        #expect(variables["AWS_PROFILE"] == nil)
        #expect(variables["AWS_ENDPOINT_URL_SQS"] == nil)
        #expect(variables["AWS_REGION"] == "us-east-1")
        #expect(variables["CATCHER_LINGER"] == "5ms")
        #expect(variables["OTHER"] == nil)
        #expect(setup.ministackEnvironment["BIND_HOST"] == "127.0.0.1")
        #expect(setup.ministackEnvironment["AWS_ACCESS_KEY_ID"] == nil)
    }

    @Test("A port that is listened on is not free")
    func ports() throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        #if canImport(Darwin)
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #else
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        defer { close(descriptor) }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) + listen(descriptor, 1) + getsockname(descriptor, pointer, &length)
            }
        }
        try #require(status == 0)
        #expect(!isPortFree(Int(UInt16(bigEndian: address.sin_port))))
    }

    @Test(
        "A process ends with its status, or 128 and the signal",
        arguments: [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("test \"$A\" = b", 0)])
    func statuses(script: String, status: Int32) throws {
        let pid = try spawn("/bin/sh", ["-c", script], environment: ["A": "b", "PATH": "/bin:/usr/bin"])
        #expect(waitForExit(pid) == status)
    }

    @Test("What cannot be started is an error that names it")
    func noExecutable() {
        let error = #expect(throws: SpawnError.self) { try spawn("/nonexistent", [], environment: [:]) }
        #expect(error?.description.contains("/nonexistent") == true)
    }

    @Test("A metric's value is found among others of its beginning")
    func metric() {
        let text = "# TYPE a_total counter\na_total_x 3\na_total 0.25\na_total{x=\"y\"} 9\n"
        #expect(Probe.value(of: "a_total", in: text) == 0.25)
        #expect(Probe.value(of: "b", in: text) == nil)
    }

    @Test("CPU is shared among what it was spent on")
    func share() {
        #expect(DemoRun.share(1, 1.05, of: 2000) == "25 µs")
        #expect(DemoRun.share(nil, 1, of: 2000) == "unknown")
        #expect(DemoRun.share(1, 2, of: 0) == "unknown")
    }
}
