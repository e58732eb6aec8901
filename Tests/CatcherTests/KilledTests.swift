import Foundation
import Locking
import NIOCore
import NIOPosix
import Testing

@testable import Catcher

/// A catcher as a process of its own.
final class CatcherRun {
    let process = Process()
    private let exits: AsyncStream<Int32>

    init(port: Int, queue: Int, spool: String) throws {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        exits = stream
        process.executableURL = URL(fileURLWithPath: try Self.executable())
        process.arguments = [
            "--listen", "127.0.0.1:\(port)", "--admin", "127.0.0.1:0", "--spool", spool, "--linger", "10ms",
            "--spool-after", "200ms", "--max-message-bytes", "4096",
        ]
        process.environment = [
            "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:\(queue)",
            "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
        ]
        process.standardError = FileHandle.nullDevice
        process.terminationHandler = { continuation.yield($0.terminationStatus) }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// Sends a signal and waits for the end.
    ///
    /// - Returns: The exit status, or the signal's number.
    func end(_ signal: Int32) async -> Int32 {
        kill(process.processIdentifier, signal)
        for await status in exits { return status }
        return -1
    }

    /// The executable beside the tests.
    private static func executable() throws -> String {
        let links = ["/proc/self/exe"] + CommandLine.arguments
        let folders = links.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().deletingLastPathComponent().path }
        for folder in folders {
            for name in ["catcher", "Catcher"] {
                let path = "\(folder)/\(name)"
                var isFolder: ObjCBool = false
                if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
                    return path
                }
            }
        }
        throw NotBuilt(folders: folders)
    }

    private struct NotBuilt: Error {
        let folders: [String]
    }
}

/// Clients that send beacons, each with a number of its own, and remember which were answered 200.
final class Beaconers: Sendable {
    struct State {
        var next = 0
        var acknowledged: Set<Int> = []
        var refused: [Int: Int] = [:]
        var waiting: [(after: Int, left: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    let state = Guarded(State())
    private let port: Int

    init(port: Int) { self.port = port }

    /// Sends until the task is cancelled.
    func run(_ clients: Int) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<clients {
                group.addTask { while !Task.isCancelled { await self.sendOne() } }
            }
        }
    }

    private func sendOne() async {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        guard
            let status = try? await exchange(
                post("{\"i\":\(number),\"pad\":\"\(String(repeating: "x", count: 200))\"}"))
        else {
            await Task.yield()
            return
        }
        let ready = state.withLock { state in
            if status == 200 { state.acknowledged.insert(number) } else { state.refused[status, default: 0] += 1 }
            if status == 200 {
                for index in state.waiting.indices where state.waiting[index].after < number {
                    state.waiting[index].left -= 1
                }
            }
            let ready = state.waiting.filter { $0.left == 0 }
            state.waiting.removeAll { $0.left == 0 }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    private func exchange(_ text: String) async throws -> Int {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            for try await part in inbound { return Int(String(buffer: part).dropFirst(9).prefix(3)) ?? 0 }
            return 0
        }
    }

    /// Waits until a beacon has been refused.
    func refused() async {
        while state.withLock({ $0.refused.isEmpty }) { await Task.yield() }
    }

    /// Waits until that many beacons have been acknowledged of those that are sent from now on.
    func acknowledged(_ count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                state.waiting.append((after: state.next, left: count, continuation))
            }
        }
    }
}

@Suite("A catcher that is killed", .serialized, .timeLimit(.minutes(30)))
struct KilledTests {
    /// `CATCHER_KILL_ROUNDS` asks for more.
    static let rounds = ProcessInfo.processInfo.environment["CATCHER_KILL_ROUNDS"].flatMap { Int($0) } ?? 5

    @Test(
        "with a spool: every beacon that was answered 200 arrives, however the queue fails meanwhile, and no message comes again with other bytes",
        arguments: [SIGKILL, SIGTERM])
    func killed(_ signal: Int32) async throws {
        let folder = try Folder()
        let queue = try await FakeQueue()
        let port = try await Self.freePort()
        let clients = Beaconers(port: port)
        let load = Task { await clients.run(24) }
        var catcher = try CatcherRun(port: port, queue: queue.port, spool: folder.path)
        for round in 0..<Self.rounds {
            queue.set(FakeQueue.Mode.allCases[round % FakeQueue.Mode.allCases.count])
            await clients.acknowledged(Int.random(in: 1...200))
            let status = await catcher.end(signal)
            #expect(status == (signal == SIGTERM ? 0 : signal))
            catcher = try CatcherRun(port: port, queue: queue.port, spool: folder.path)
        }
        queue.set(.ok)
        await clients.acknowledged(100)
        load.cancel()
        await load.value
        let acknowledged = clients.state.withLock { $0.acknowledged }
        await queue.arrival(of: acknowledged)
        #expect(queue.record.state.withLock { $0.changed } == [])
        #expect(await catcher.end(SIGTERM) == 0)
        try await queue.close()
    }

    /// A port that nobody listens on, from those that no outgoing connection is given: a catcher that is killed finds
    /// it free again.
    static func freePort() async throws -> Int {
        while true {
            let port = Int.random(in: 10_000..<32_000)
            let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            guard let channel = try? await bootstrap.bind(host: "127.0.0.1", port: port).get() else { continue }
            try await channel.close()
            return port
        }
    }
}
