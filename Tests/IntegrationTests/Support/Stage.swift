import AWSCore
import Locking
import Operations

@testable import Demo

/// A test's own surroundings: an AWS, a queue and a table of the test's name, and the servers that it starts.
final class Stage: Sendable {
    /// The queue's and the table's name.
    let name: String
    let awsPort: Int
    let environment: [String: String]
    let transport: CurlTransport
    let sqs: SQSClient
    let stored: StoredBeacons
    let catcherPort: Int

    private let folder: String
    private let catcherAdminPort: Int
    private let children = Children()
    private let servers = Guarded<[Server]>([])
    private let started = Guarded<[String: Int]>([:])

    private init(_ name: String, awsPort: Int) throws {
        self.name = name
        self.awsPort = awsPort
        environment = Self.setup(awsPort).awsEnvironment
        folder = try Built.logFolder(name)
        catcherPort = try Built.freePort()
        catcherAdminPort = try Built.freePort()
        var options = CurlTransport.Options()
        options.maxConnections = 64
        transport = try CurlTransport(options: options)
        let endpoint = "http://127.0.0.1:\(awsPort)"
        sqs = SQSClient(Self.client(.sqs, endpoint, transport))
        stored = StoredBeacons(client: DynamoDBClient(Self.client(.dynamoDB, endpoint, transport)), table: name)
    }

    /// Runs a test's body, and stops all that it started.
    ///
    /// - Parameters:
    ///   - name: The queue's, the table's and the logs' name.
    ///   - awsPort: The AWS's port; the shared ministack's if `nil`.
    ///   - isSetUp: Whether queue and table are made first.
    ///   - body: The test.
    /// - Throws: What the body throws, with where the servers' logs are.
    static func run(
        _ name: String, awsPort: Int? = nil, isSetUp: Bool = true, _ body: (Stage) async throws -> Void
    ) async throws {
        var port = awsPort
        if port == nil { port = try await Ministack.shared.value.port }
        let stage = try Stage(name, awsPort: port ?? 0)
        do {
            if isSetUp { try await stage.setUp() }
            try await body(stage)
        } catch {
            await stage.stop()
            throw Obstacle("\(error)\n(what the servers wrote is in \(stage.folder))")
        }
        await stage.stop()
    }

    /// Ends what is running: servers at once, for a drain may take as long as a long poll.
    private func stop() async {
        for server in servers.withLock({ $0 }) where server.process.exitStatus == nil { try? await server.kill() }
        await children.stop()
    }

    /// `worker setup`.
    func setUp() async throws {
        let process = try ChildProcess(
            nextName("setup"), [try Built.executable("worker"), "setup", "--queue", name, "--table", name],
            environment: environment, guardian: try Built.executable("demo"), folder: folder)
        children.add(process)
        guard await process.exited() == 0 else { throw Obstacle("worker setup failed:\n\(process.lastLines())") }
    }

    /// Starts a catcher, on the same ports each time.
    func startCatcher(_ options: [String] = []) throws -> Server {
        try start(
            "catcher",
            [
                "serve", "--listen", "127.0.0.1:\(catcherPort)", "--admin", "127.0.0.1:\(catcherAdminPort)",
                "--queue", name,
            ] + options, adminPort: catcherAdminPort)
    }

    /// Starts a worker, with an admin port of its own.
    func startWorker(_ options: [String] = []) throws -> Server {
        let port = try Built.freePort()
        return try start(
            "worker", ["run", "--admin", "127.0.0.1:\(port)", "--queue", name, "--table", name] + options,
            adminPort: port)
    }

    private func start(_ executable: String, _ arguments: [String], adminPort: Int) throws -> Server {
        let server = try Server(
            nextName(executable), [try Built.executable(executable)] + arguments, environment: environment,
            folder: folder, adminPort: adminPort, transport: transport)
        children.add(server.process)
        servers.withLock { $0.append(server) }
        return server
    }

    /// Starts anything else; what it writes is its log.
    func startTool(_ name: String, _ command: [String], environment: [String: String]) throws -> ChildProcess {
        let process = try ChildProcess(
            nextName(name), command, environment: environment, guardian: try Built.executable("demo"), folder: folder)
        children.add(process)
        return process
    }

    /// Posts to the catcher.
    func post(
        _ body: [UInt8], path: String = "/work",
        headers: [HTTPHeader] = [HTTPHeader("Content-Type", "application/json")]
    ) async throws -> HTTPResponse {
        try await transport.send(
            HTTPRequest(method: "POST", url: "http://127.0.0.1:\(catcherPort)\(path)", headers: headers, body: body))
    }

    /// Starts a local AWS of this stage's own, at its port.
    func startMinistack() async throws {
        children.add(try await Ministack.start(port: awsPort, folder: folder).process)
    }

    private func nextName(_ name: String) -> String {
        let number = started.withLock { started in
            started[name, default: 0] += 1
            return started[name] ?? 1
        }
        return "\(name)-\(number)"
    }

    /// The environment for servers that use an AWS on this machine; nothing of the shell's own settings is in it.
    static func setup(_ awsPort: Int) -> LocalSetup {
        let passed = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"]
        return LocalSetup(
            folder: Built.folder, ministack: "", portOffset: awsPort - 4566,
            environment: ProcessEnvironment.all().filter { passed.contains($0.key) })
    }

    private static func client(_ service: AWSService, _ endpoint: String, _ transport: any Transport) -> AWSClient {
        AWSClient(
            service: service, region: "us-east-1", endpoint: endpoint,
            credentials: FixedCredentials(), transport: transport)
    }
}

private struct FixedCredentials: CredentialsProvider {
    func credentials() async throws -> Credentials { Credentials(accessKeyId: "test", secretAccessKey: "test") }
}

/// A local AWS: SQS and DynamoDB by ministack.
struct Ministack: Sendable {
    let port: Int
    let process: ChildProcess

    /// One for all tests of this process; its guard ends it with the process.
    static let shared = Task {
        try await start(port: Built.freePort(), folder: Built.logFolder("ministack"))
    }

    static func start(port: Int, folder: String) async throws -> Ministack {
        let process = try ChildProcess(
            "ministack", [try Built.ministack()], environment: Stage.setup(port).ministackEnvironment,
            guardian: try Built.executable("demo"), folder: folder)
        try await Probe(transport: CurlTransport())
            .waitUntilReady("http://127.0.0.1:\(port)/_ministack/health", of: process, limit: .seconds(120))
        return Ministack(port: port, process: process)
    }
}
