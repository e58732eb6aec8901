import AWSCore
import NIOCore
import NIOHTTP1

/// One connection of the public listener: collects requests, keeps the order of their answers, watches its limits.
///
/// It stands before SwiftNIO's decoder, which reads the requests, so that it sees bytes arrive and its answers, which
/// are bytes, go straight to the socket; behind the decoder, ``RequestParts`` hands it what was read. All of it runs on
/// the connection's event loop; a request costs no task, no future and no timer.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Waits for a request's head.
        case head
        /// Has a head, collects the body.
        case body(RequestHead)
        /// Has a refusal, waits for the end of the body, so that the connection can be used again.
        case skipping(PendingAnswer, Refusal, left: Int)
        /// Has the last request whole: its answer ends the connection, and nothing behind it is read.
        case ending(hasMore: Bool)
        /// Has refused before the request was whole, and discards what comes, so that the client sees the answer.
        case lingering(left: Int)
        case closed
    }

    let shared: LoopContext
    var context: ChannelHandlerContext?
    var phase = Phase.head
    var body = ByteBuffer()
    /// How much of the body is counted among the pending bytes.
    var heldBytes = 0
    var pending = CircularBuffer<PendingAnswer>(initialCapacity: 2)
    private var isStarted = false
    var isReading = false
    var isUnflushed = false
    var isInputClosed = false
    var isReadHeld = false
    var isWritable = true
    /// How much of a head has arrived that is not whole yet, and whether its first line is.
    var unfinishedHead = 0
    var hasLine = false
    /// How the request ends that was read last.
    var lastBytes = LastBytes.emptyLine
    /// Where the connection is in its loop's list.
    var position = 0
    /// When ``expire()`` is due.
    var deadline = NIODeadline.distantFuture
    /// What every request of this connection has in common.
    var client = ClientFacts()
    /// What the log says of the request at hand, if it is refused and that is logged.
    var trace: RequestTrace?

    /// Puts a connection's handlers into its channel: the connection, SwiftNIO's decoder, what hands on the requests.
    ///
    /// - Parameters:
    ///   - channel: The channel, on its event loop.
    ///   - shared: What the event loop's connections share.
    /// - Throws: What the pipeline throws.
    static func add(to channel: any Channel, shared: LoopContext) throws {
        let connection = HTTPConnection(shared: shared)
        // Sizes are judged exactly once the head is whole; the decoder stops what never becomes one.
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = shared.limits.headers.bytes + 1024
        limits.maxHeaderListSize = shared.limits.unfinishedHead
        limits.maxHeaderFieldCount = shared.limits.headers.bytes / 4
        let decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(connection)
        try pipeline.addHandler(ByteToMessageHandler(decoder, maximumBufferSize: shared.limits.unfinishedHead))
        try pipeline.addHandler(RequestParts(connection: connection))
    }

    init(shared: LoopContext) {
        self.shared = shared
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        if isStarted { return }
        isStarted = true
        client.peer = context.remoteAddress.flatMap(ClientAddress.address(of:))
        deadline = shared.eventLoop.now + shared.limits.idleTimeout.timeAmount
        shared.add(self)
        shared.metrics.connections.increment()
        if shared.metrics.connections.value > shared.limits.connections { refuseConnection() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        guard context != nil else { return }
        context = nil
        phase = .closed
        dropBody()
        // Their beacons stay in their messages; nobody waits for the answers any more.
        pending.removeAll()
        guard isStarted else { return }
        shared.metrics.connections.decrement()
        shared.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// Hears of an error of the decoder.
    func decodingFailed(_ error: any Error) {
        switch (phase, error) {
        case (.ending, _): phase = .ending(hasMore: true)
        case (.lingering, _), (.closed, _), (_, is ByteToMessageDecoderError): break
        case (_, let error as HTTPParserError): refuse(error)
        case (_, is ByteToMessageDecoderError.PayloadTooLargeError): refuse(.headerOverflow)
        default: context?.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent {
            isInputClosed = true
            // Answers that are owed are still given: a client may close its side when it has sent all.
            if pending.isEmpty { context.close(promise: nil) }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { isReadHeld = true }
    }

    /// Whether there is room for what could come. Behind an early refusal nothing is read until it has been sent.
    private var mayRead: Bool {
        guard isWritable, pending.count < shared.limits.pipelined else { return false }
        if case .lingering = phase { return pending.isEmpty }
        return true
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        resumeReading()
        context.fireChannelWritabilityChanged()
    }

    func resumeReading() {
        guard isReadHeld, let context, mayRead else { return }
        isReadHeld = false
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if case .body(let head) = phase { holdBody(head) }
        flush()
        context.fireChannelReadComplete()
    }
}
