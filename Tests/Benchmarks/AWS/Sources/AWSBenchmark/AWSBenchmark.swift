import AWSCore
import Glibc

/// Sends requests with AWSCore, so many at once, and prints the CPU of each in microseconds, of all threads:
///
///     AWSBenchmark <file> send|write|encode <count> <at once>
///
/// `write` takes items as the worker has them, in DynamoDB JSON; `encode` makes that of values in each call.
@main
struct AWSBenchmark {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 5, let count = Int(arguments[3]), let parallel = Int(arguments[4]) else {
            throw BenchmarkError("a file, an operation, a count and how many at once are needed")
        }
        let requests = try Requests(path: arguments[1])
        let call = try await operation(arguments[2], requests)
        print(try await measure(call, count, parallel))
    }

    /// Off the main thread, as programs call: to it and back are two more thread switches a call.
    @concurrent
    private static func measure(
        _ call: @escaping @Sendable () async throws -> Void, _ count: Int, _ parallel: Int
    ) async throws -> Double {
        func run(_ count: Int) async throws {
            try await withThrowingTaskGroup { group in
                for _ in 0..<parallel {
                    group.addTask { for _ in 0..<count / parallel { try await call() } }
                }
                try await group.waitForAll()
            }
        }
        try await run(count / 10)
        let before = cpu()
        try await run(count)
        return Double(cpu() - before) / Double(count)
    }

    private static func operation(
        _ name: String, _ requests: Requests
    ) async throws -> @Sendable () async throws -> Void {
        let names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"]
        var environment: [String: String] = [:]
        for name in names { environment[name] = getenv(name).map { String(cString: $0) } }
        let configuration = try AWSConfiguration.load(environment: environment)
        let transport = try CurlTransport()
        let credentials = configuration.credentialsProvider(transport: transport)
        func client(_ service: AWSService) throws -> AWSClient {
            AWSClient(
                service: service, region: "us-east-1",
                endpoint: try configuration.endpoint(for: service, region: "us-east-1"), credentials: credentials,
                transport: transport)
        }
        let (sqs, table) = (SQSClient(try client(.sqs)), DynamoDBClient(try client(.dynamoDB)))
        let (bodies, encoded, items) = (requests.bodies, requests.encoded, requests.items)
        switch name {
        case "send":
            let url = try await sqs.getQueueURL(name: "beacons")
            return {
                for result in try await sqs.sendMessageBatch(queueURL: url, bodies: bodies) { _ = try result.get() }
            }
        case "write":
            return {
                let missed = try await table.batchWriteItem(
                    table: "beacons", puts: encoded, keyAttributes: ["pk", "sk"])
                guard missed.isEmpty else { throw BenchmarkError("unprocessed items") }
            }
        case "encode":
            return {
                let missed = try await table.batchWriteItem(
                    table: "beacons", puts: items.map { EncodedItem($0) }, keyAttributes: ["pk", "sk"])
                guard missed.isEmpty else { throw BenchmarkError("unprocessed items") }
            }
        default: throw BenchmarkError("no such operation: \(name)")
        }
    }

    /// Microseconds of user and system time so far, of all threads.
    private static func cpu() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000 + time.tv_nsec / 1000
    }
}
