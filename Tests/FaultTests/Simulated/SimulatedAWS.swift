import AWSCore
import Operations

@testable import Demo

/// The simulator as a process of its own, so that it outlives every kill, and its control endpoint.
struct SimulatedAWS: Sendable {
    let port: Int
    /// The process, which can be paused.
    let server: Server
    private let transport: CurlTransport

    /// Runs a test's body with a simulator of its own.
    ///
    /// - Parameters:
    ///   - name: The simulator's logs' name.
    ///   - body: The test.
    /// - Throws: What the body throws.
    static func run(_ name: String, _ body: (SimulatedAWS) async throws -> Void) async throws {
        var options = CurlTransport.Options()
        // A line for each item: of a long run they are many.
        options.maxResponse = .mebibytes(512)
        let transport = try CurlTransport(options: options)
        let server = try Server(
            "simulator", [try Built.executable("simulator"), "--listen", "127.0.0.1:0"],
            environment: Stage.setup(0).ministackEnvironment, folder: try Built.logFolder("\(name)-aws"), adminPort: 0,
            transport: transport)
        do {
            try await body(SimulatedAWS(server, transport))
        } catch {
            try? await server.kill()
            throw error
        }
        try await server.kill()
    }

    private init(_ server: Server, _ transport: CurlTransport) async throws {
        var found: Int?
        try await eventually("the simulator says where it listens") {
            if let status = server.process.exitStatus { throw Obstacle("it ended with status \(status)") }
            found = server.process.lastLines(1).split(separator: ":").last.flatMap { Int($0) }
            return found == nil ? "it says: \(server.process.lastLines())" : nil
        }
        port = found ?? 0
        self.server = server
        self.transport = transport
    }

    /// Sets faults in the place of those that are set.
    func set(_ faults: [String], seed: UInt64) async throws {
        _ = try await control("PUT", "faults", #"{"seed":\#(seed),"faults":[\#(faults.joined(separator: ","))]}"#)
    }

    /// How often each fault has happened.
    func happened() async throws -> [String: Int] {
        try JSONParser().parse(try await control("GET", "faults")) { root in
            var counts: [String: Int] = [:]
            guard let faults = root["faults"] else { return counts }
            for fault in faults.elements {
                counts[fault["kind"]?.string ?? "", default: 0] += Int(fault["happened"]?.integer ?? 0)
            }
            return counts
        }
    }

    /// How many requests of an operation have come so far.
    func requests(_ operation: String) async throws -> Int {
        try JSONParser().parse(try await control("GET", "meter")) { root in
            guard let requests = root["requests"] else { return 0 }
            let member = requests.members.first { String(decoding: $0.key, as: UTF8.self) == operation }
            return Int(member?.value.integer ?? 0)
        }
    }

    /// An item of a table, with its history.
    struct Item: Sendable {
        let partitionKey: String
        let sortKey: String
        /// How often it was written.
        let writes: Int
        /// How often it was written with other bytes than it had.
        let changes: Int
        /// Of a rollup: how many events it counts.
        let events: Int?
    }

    /// How many events a table holds.
    func events(in table: String) async throws -> Int {
        try await control("GET", "items?table=\(table)&prefix=e%23").count { $0 == 0x0A }
    }

    /// Every item of a table.
    func items(_ table: String) async throws -> [Item] {
        let parser = JSONParser()
        return try await control("GET", "items?table=\(table)&bodies=1").split(separator: 0x0A).map { line in
            try parser.parse(Array(line)) { root in
                Item(
                    partitionKey: root["pk"]?.string ?? "", sortKey: root["sk"]?.string ?? "",
                    writes: Int(root["writes"]?.integer ?? -1), changes: Int(root["changes"]?.integer ?? -1),
                    events: root["item"]?["n"]?["N"]?.string.flatMap { Int($0) })
            }
        }
    }

    /// Asks the control endpoint. Where the connection falls into a black hole, another is made.
    private func control(_ method: String, _ path: String, _ body: String = "") async throws -> [UInt8] {
        var answer: HTTPResponse?
        var request = HTTPRequest(
            method: method, url: "http://127.0.0.1:\(port)/_simulator/\(path)", body: Array(body.utf8))
        request.timeout = .seconds(30)
        try await eventually("the simulator answers") {
            do {
                answer = try await transport.send(request)
                return nil
            } catch {
                return "\(error)"
            }
        }
        guard let answer, answer.status == 200 else {
            throw Obstacle("\(method) \(path): \(answer.map { String(decoding: $0.body, as: UTF8.self) } ?? "")")
        }
        return answer.body
    }
}
