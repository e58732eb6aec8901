import AWSCore

/// What the public listener takes at most.
struct Limits: Sendable {
    /// A request's target: 414 beyond.
    var target: ByteCount = .kibibytes(16)
    /// A request's header fields together, line ends included: 431 beyond.
    var headers: ByteCount = .kibibytes(32)
    /// A body, and an inflated body: 413 beyond.
    var body: ByteCount = .kibibytes(256)
    /// What a head may take that is not whole, line ends and spaces included.
    var unfinishedHead: Int { target.bytes + headers.bytes + 1024 }
    /// Open connections: those beyond are answered 503 and closed.
    var connections = 16_384
    /// Requests of one connection that wait for their answers; no more is read from it until one is answered.
    var pipelined = 64

    /// From the first byte of a request to the end of its header: 408 after.
    var headerTimeout: Duration = .seconds(10)
    /// From the end of the header to the end of the body: 408 after.
    var bodyTimeout: Duration = .seconds(30)
    /// Between requests: the connection is closed after.
    var idleTimeout: Duration = .seconds(75)
    /// After an answer that was given early: input is discarded for that long, so that the client sees the answer.
    var lingerTimeout: Duration = .seconds(2)
    /// After an answer that was given early: input is discarded up to that much.
    var lingerBytes: ByteCount = .mebibytes(1)
}
