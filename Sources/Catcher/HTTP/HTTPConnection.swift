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

    private enum Phase {
        /// Waits for a request's head.
        case head
        /// Has a head, collects the body.
        case body(RequestHead)
        /// Has a refusal, waits for the end of the body, so that the connection can be used again.
        case skipping(PendingAnswer, Refusal, left: Int)
        /// Has answered early and discards what comes, so that the client sees the answer.
        case lingering(left: Int)
        case closed
    }

    private let shared: LoopContext
    private var context: ChannelHandlerContext?
    private var phase = Phase.head
    private var body = ByteBuffer()
    /// How much of the body is counted among the pending bytes.
    private var heldBytes = 0
    private var pending = CircularBuffer<PendingAnswer>(initialCapacity: 2)
    private var isStarted = false
    private var isReading = false
    private var isUnflushed = false
    private var isInputClosed = false
    private var isReadHeld = false
    private var isWritable = true
    /// How much of a head has arrived that is not whole yet, and whether its first line is.
    private var unfinishedHead = 0
    private var hasLine = false
    /// Where the connection is in its loop's list.
    var position = 0
    /// When ``expire()`` is due.
    private(set) var deadline = NIODeadline.distantFuture
    /// What every request of this connection has in common.
    private var client = ClientFacts()

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
        limits.maxHeaderListSize = shared.limits.headers.bytes + shared.limits.target.bytes + 1024
        limits.maxHeaderFieldCount = shared.limits.headers.bytes / 4
        let decoder = HTTPRequestDecoder(
            leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .drop, limitConfiguration: limits)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(connection)
        try pipeline.addHandler(ByteToMessageHandler(decoder))
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
        switch (error, phase) {
        case (is HTTPParserError, .lingering), (is HTTPParserError, .closed), (is ByteToMessageDecoderError, _): break
        case (let error as HTTPParserError, _): refuse(error)
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
        if pending.count >= shared.limits.pipelined || !isWritable {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        resumeReading()
        context.fireChannelWritabilityChanged()
    }

    private func resumeReading() {
        guard isReadHeld, let context, pending.count < shared.limits.pipelined, isWritable else { return }
        isReadHeld = false
        context.read()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        if case .body(let head) = phase { holdBody(head) }
        flush()
        context.fireChannelReadComplete()
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        switch phase {
        case .closed: return
        case .lingering(let left):
            let count = unwrapInboundIn(data).readableBytes
            phase = .lingering(left: left - count)
            if left <= count { context.close(promise: nil) }
            return
        case .head:
            let bytes = unwrapInboundIn(data)
            if unfinishedHead == 0 { deadline = shared.eventLoop.now + shared.limits.headerTimeout.timeAmount }
            unfinishedHead += bytes.readableBytes
            if !hasLine { hasLine = bytes.readableBytesView.contains(0x0A) }
        case .body, .skipping: break
        }
        context.fireChannelRead(data)
    }

    /// Takes what the decoder has read.
    func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let part): collect(part)
        case .end: finish()
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        guard case .head = phase else { return }
        unfinishedHead = 0
        hasLine = false
        deadline = shared.eventLoop.now + shared.limits.bodyTimeout.timeAmount
        do throws(Refusal) {
            let head = try RequestHead(head, limits: shared.limits)
            if let refusal = shared.route.refusal(of: head, &client) {
                refuse(head, refusal)
                return
            }
            phase = .body(head)
            if head.expectsContinue && head.length != 0 { sendContinue() }
        } catch {
            client.route = .other
            answerEarly(newAnswer(closes: true, isHead: head.method == .HEAD), error)
        }
    }

    private func sendContinue() {
        guard pending.isEmpty, let context else { return }
        context.write(wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        wrote()
    }

    private func collect(_ part: ByteBuffer) {
        switch phase {
        case .body(let head):
            if body.readableBytes + part.readableBytes > shared.limits.body.bytes {
                answerEarly(newAnswer(head), .bodyTooLarge(shared.limits.body))
                return
            }
            if body.readableBytes == 0 {
                body = part
                return
            }
            var part = part
            if let length = head.length { body.reserveCapacity(length) }
            body.writeBuffer(&part)
        case .skipping(let answer, let refusal, let left):
            phase = .skipping(answer, refusal, left: left - part.readableBytes)
            if left < part.readableBytes { answerEarly(answer, refusal) }
        case .head, .lingering, .closed: break
        }
    }

    /// A body that takes more than one read waits in memory, like a beacon for the queue.
    private func holdBody(_ head: RequestHead) {
        let more = body.readableBytes - heldBytes
        if shared.route.packer.hold(more) {
            heldBytes += more
        } else {
            answerEarly(newAnswer(head), .full)
        }
    }

    private func dropBody() {
        body = Self.noBytes
        if heldBytes > 0 { shared.route.packer.release(heldBytes) }
        heldBytes = 0
    }

    private func finish() {
        switch phase {
        case .body(let head):
            let request = Request(head: head, body: body)
            dropBody()
            phase = .head
            let answer = newAnswer(head)
            // Most requests wait for a message; the others are answered at once.
            if let known = shared.route.handle(request, &client, answer) { answer.settle(known) } else { rest() }
        case .skipping(let answer, let refusal, _):
            phase = .head
            answer.settle(.refused(refusal))
        case .head, .lingering, .closed: break
        }
    }

    private static let noBytes = ByteBuffer()

    private func newAnswer(_ head: RequestHead) -> PendingAnswer {
        newAnswer(closes: !head.isKeptAlive, isHead: head.method == .HEAD)
    }

    private func newAnswer(closes: Bool, isHead: Bool = false) -> PendingAnswer {
        let answer = PendingAnswer(
            connection: self, route: client.route, origin: client.allowedOrigin, closes: closes, isHead: isHead)
        pending.append(answer)
        return answer
    }

    // MARK: Refusals before the end of a request

    private func refuse(_ head: RequestHead, _ refusal: Refusal) {
        let answer = newAnswer(head)
        // Where the client sends no more than it may, the connection can be used again.
        if let length = head.length, length <= shared.limits.body.bytes, !(head.expectsContinue && length > 0) {
            phase = .skipping(answer, refusal, left: length)
        } else {
            answerEarly(answer, refusal)
        }
    }

    /// What the decoder refuses.
    private func refuse(_ error: HTTPParserError) {
        let refusal: Refusal
        switch error {
        case .headerOverflow: refusal = hasLine ? .headersTooLarge : .targetTooLong
        case .invalidChunkSize: refusal = .malformed("A chunk's size is malformed.")
        default: refusal = .malformed("The request is not HTTP/1.1, or could be read in two ways.")
        }
        switch phase {
        case .body(let head): answerEarly(newAnswer(head), refusal)
        case .skipping(let answer, _, _): answerEarly(answer, refusal)
        case .head, .lingering, .closed:
            client.route = .other
            client.allowedOrigin = nil
            answerEarly(newAnswer(closes: true), refusal)
        }
    }

    /// One connection too many: it is told so before it has said anything.
    private func refuseConnection() {
        answerEarly(newAnswer(closes: true), .tooManyConnections)
        flush()
    }

    /// Answers before the request has come whole: the connection ends with this answer.
    private func answerEarly(_ answer: PendingAnswer, _ refusal: Refusal) {
        dropBody()
        phase = .lingering(left: shared.limits.lingerBytes.bytes)
        deadline = .distantFuture
        answer.settle(.refused(refusal))
    }

    // MARK: Answers

    /// Sends the answers that are known, in the requests' order.
    func answerIsKnown() {
        guard let context else { return }
        while let first = pending.first, let answer = first.answer {
            pending.removeFirst()
            let isLast = isEnding(after: first)
            let bytes = shared.answers.render(
                answer, to: first.route, origin: first.origin, closes: isLast, isHead: first.isHead,
                now: shared.clock())
            shared.note(answer, to: first.route, of: client)
            context.write(wrapOutboundOut(bytes), promise: nil)
            wrote()
            if isLast {
                close(context)
                return
            }
        }
        rest()
        if !isReading { resumeReading() }
    }

    private func isEnding(after answer: PendingAnswer) -> Bool {
        if case .lingering = phase { return pending.isEmpty }
        return answer.closes || (pending.isEmpty && (shared.isDraining || isInputClosed))
    }

    /// Closes after the last answer: at once where the request had come whole, else by halves.
    private func close(_ context: ChannelHandlerContext) {
        let isWhole: Bool
        if case .head = phase { isWhole = true } else { isWhole = false }
        pending.removeAll()
        flush()
        if isWhole || isInputClosed {
            phase = .closed
            context.close(promise: nil)
            return
        }
        if case .lingering = phase {} else { phase = .lingering(left: shared.limits.lingerBytes.bytes) }
        deadline = shared.eventLoop.now + shared.limits.lingerTimeout.timeAmount
        context.close(mode: .output, promise: nil)
    }

    private func wrote() {
        if isUnflushed { return }
        isUnflushed = true
        if !isReading { shared.flushLater(self) }
    }

    /// Sends what has been written.
    func flush() {
        guard isUnflushed, let context else { return }
        isUnflushed = false
        context.flush()
    }

    // MARK: Deadlines

    /// Between requests: the next may take its time, and an answer that is owed has its own.
    private func rest() {
        guard case .head = phase, unfinishedHead == 0 else { return }
        deadline = pending.isEmpty ? shared.eventLoop.now + shared.limits.idleTimeout.timeAmount : .distantFuture
    }

    /// The deadline has passed.
    func expire() {
        switch phase {
        case .head where unfinishedHead == 0, .lingering, .closed:
            context?.close(promise: nil)
        case .head:
            client.route = .other
            client.allowedOrigin = nil
            answerEarly(newAnswer(closes: true), .timeout)
        case .body(let head):
            answerEarly(newAnswer(head), .timeout)
        case .skipping(let answer, _, _):
            answerEarly(answer, .timeout)
        }
    }

    /// Closes the connection if it waits for a request.
    func closeIfIdle() {
        guard pending.isEmpty, unfinishedHead == 0, case .head = phase else { return }
        context?.close(promise: nil)
    }
}
