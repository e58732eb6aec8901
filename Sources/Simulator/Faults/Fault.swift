import AWSCore

/// A misfortune that the simulator brings about while it runs.
struct Fault: Sendable, Hashable {
    /// What happens.
    enum Kind: String, CaseIterable, Sendable {
        /// The request waits for `latency` before it is worked.
        case latency
        /// Answered with `status` and `code`; no work is done.
        case error
        /// Answered with the service's own throttling error; no work is done.
        case throttle
        /// The connection closes without an answer; no work is done.
        case dropBefore
        /// The work is done, then the connection closes without an answer.
        case dropAfter
        /// The work is done, then nothing more is worked or sent on the connection, which stays open.
        case halfOpen
        /// The connection is accepted and nothing is ever read from it or answered; after two minutes it is closed, so
        /// that a long run does not use up the simulator's file descriptors.
        case blackHole
        /// The answer's header says its whole length, the body ends in the middle, the connection closes.
        case cutBody
        /// Each entry of an SQS batch fails with probability `share`, by the service's fault.
        case partialBatch
        /// Each item of a BatchWriteItem comes back unprocessed with probability `share`.
        case unprocessed
        /// `x-amz-crc32` is wrong.
        case wrongCRC32
        /// Every MD5 in the answer is wrong.
        case wrongMD5
        /// The server's clock is off by `skew`: `Date` says so, and signatures are outside their time.
        case skewedClock
        /// Answered with ExpiredTokenException.
        case expiredCredentials
        /// Answered as if the queue or the table did not exist.
        case missing
        /// An item whose JSON contains `text` is refused with ValidationException, and its call with it.
        case refuseItem
        /// A message received stays visible, or a message deleted stays.
        case duplicate
        /// A message received comes from a random place of the queue.
        case reorder
    }

    var kind: Kind
    /// How likely it is for a request; for a connection at `blackHole`; for a message at `duplicate` and `reorder`.
    var probability = 1.0
    /// How often it may happen; `nil`: without end.
    var count: Int?
    /// Which operations it befalls; empty: all.
    var operations: Set<Operation> = []
    var latency: Duration = .milliseconds(100)
    var status = 500
    var code = "InternalError"
    /// Sent as `x-amz-retry-after`, in milliseconds.
    var retryAfter: Duration?
    var share = 0.5
    var skew: Duration = .seconds(3600)
    var text = ""

    init(_ kind: Kind) {
        self.kind = kind
    }
}

/// What befalls one request: decided when it arrives.
struct FaultPlan: Sendable {
    var latency: Duration = .zero
    var refusal: Refusal?
    var dropsBefore = false
    var dropsAfter = false
    var halfOpens = false
    var cutsBody = false
    var failingShare = 0.0
    var unprocessedShare = 0.0
    var hasWrongCRC32 = false
    var hasWrongMD5 = false
    var skew: Duration?
    /// Texts whose items are refused, each with its fault's place in the list.
    var refusedTexts: [(place: Int, text: [UInt8])] = []
    var disorder = Disorder()
    /// Decides entries; seeded from the faults' own generator.
    var random = SplitMix(seed: 0)

    /// An error in the place of the work.
    enum Refusal: Sendable {
        case error(status: Int, code: String, retryAfter: Duration?)
        case throttled
        case expired
        case missing
    }

    static let none = FaultPlan()
}
