import ArgumentParser

/// `simulator`: runs until it is stopped by a signal.
@main
struct SimulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulator",
        abstract: "SQS and DynamoDB in memory, with faults and a meter: for tests and load.")

    @Option(help: "Address and port to listen on; port 0 is a free one. The bound address is the only line printed.")
    var listen = "127.0.0.1:0"

    @Option(help: "Event loops.")
    var eventLoops = 1

    @Option(help: "Milliseconds that every request waits.")
    var latency = 0

    @Option(help: "Account id, in ARNs and URLs.")
    var account = "000000000000"

    @Option(help: "Region, in ARNs and signatures.")
    var region = "us-east-1"

    @Option(
        name: .customLong("key"),
        help: "ID:SECRET or ID:SECRET:TOKEN that requests may be signed with; repeatable. [test:test]")
    var keys: [String] = []

    @Flag(help: "Take requests whatever their signature.")
    var ignoreSignatures = false

    @Flag(help: "Check and count items, keep none.")
    var discardItems = false

    @Option(help: "Milliseconds that a table stays CREATING.")
    var tableCreation = 0

    @Option(help: "Where chance begins.")
    var seed: UInt64 = 1

    @Option(help: "Probability that a message received stays visible, or one deleted stays.")
    var duplicates = 0.0

    @Option(help: "Probability that a message received comes from a random place of the queue.")
    var reorder = 0.0

    func validate() throws {
        guard Self.address(listen) != nil else {
            throw ValidationError("--listen \(listen): an address and a port are needed, such as 127.0.0.1:4566")
        }
        for key in keys where Self.keyPair(key) == nil {
            throw ValidationError("--key: ID:SECRET or ID:SECRET:TOKEN is needed")
        }
    }

    func run() async throws {
        var options = SimulatorOptions()
        if let (host, port) = Self.address(listen) { (options.host, options.port) = (host, port) }
        options.eventLoops = eventLoops
        options.latency = .milliseconds(latency)
        options.accountId = account
        options.region = region
        if !keys.isEmpty { options.keyPairs = keys.compactMap(Self.keyPair) }
        options.verifiesSignatures = !ignoreSignatures
        options.storesItems = !discardItems
        options.tableCreationTime = .milliseconds(tableCreation)
        options.seed = seed
        for (kind, probability) in [(Fault.Kind.duplicate, duplicates), (.reorder, reorder)] where probability > 0 {
            var fault = Fault(kind)
            fault.probability = probability
            options.faults.append(fault)
        }
        let simulator = try await Simulator.start(options)
        StandardOutput.line("\(options.host):\(simulator.port)")
        try await simulator.wait()
    }

    private static func address(_ text: String) -> (String, Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port), colon > text.startIndex
        else { return nil }
        return (String(text[..<colon]), port)
    }

    private static func keyPair(_ text: String) -> SimulatorOptions.KeyPair? {
        let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
        guard parts.count >= 2 else { return nil }
        return .init(accessKeyId: parts[0], secretAccessKey: parts[1], sessionToken: parts.count > 2 ? parts[2] : nil)
    }
}
