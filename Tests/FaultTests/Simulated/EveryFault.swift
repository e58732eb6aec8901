import Operations

/// What is set against the product.
enum EveryFault {
    /// Each fault of the simulator, befalling one in twenty: requests, or connections, or messages. Left out is the
    /// refusal of a single item, which is no misfortune to be lived through: such an item belongs in quarantine.
    static let atFivePercent: [String] = [
        "latency", "error", "throttle", "dropBefore", "dropAfter", "halfOpen", "blackHole", "cutBody", "partialBatch",
        "unprocessed", "wrongCRC32", "wrongMD5", "skewedClock", "expiredCredentials", "missing", "duplicate",
        "reorder",
    ].map { #"{"kind":"\#($0)","probability":0.05}"# }

    /// How many processes are killed: few, so that the tests take a minute, or as `BEACON_FAULT_ROUNDS` says.
    static let rounds = ProcessEnvironment.all()["BEACON_FAULT_ROUNDS"].flatMap { Int($0) } ?? 5
}
