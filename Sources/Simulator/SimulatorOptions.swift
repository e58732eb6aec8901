import AWSCore

/// How a simulator is started.
struct SimulatorOptions: Sendable {
    /// The address to listen on; the simulator is for loopback.
    var host = "127.0.0.1"
    /// The port to listen on; 0: one that is free.
    var port = 0
    /// One unless the simulator itself must not be what limits a measurement.
    var eventLoops = 1
    /// How long every request waits before it is worked.
    var latency: Duration = .zero
    var accountId = "000000000000"
    var region = "us-east-1"
    /// Whose signatures are accepted.
    var keyPairs = [KeyPair(accessKeyId: "test", secretAccessKey: "test")]
    /// Whether signatures are checked.
    var verifiesSignatures = true
    /// Whether items are kept. If not they are checked and counted alone, and reads find nothing.
    var storesItems = true
    /// How long a table stays CREATING.
    var tableCreationTime: Duration = .zero
    /// Where chance begins: for faults, duplicates and reordering.
    var seed: UInt64 = 1
    /// The faults to begin with.
    var faults: [Fault] = []
    /// What time it is.
    var clock: @Sendable () -> Timestamp = { Timestamp.now() }

    /// A pair of keys that requests may be signed with.
    struct KeyPair: Sendable, Hashable {
        var accessKeyId: String
        var secretAccessKey: String
        var sessionToken: String?
    }
}
