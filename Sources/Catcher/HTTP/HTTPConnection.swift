import AWSCore
import NIOCore

/// One connection of the public listener: reads requests, keeps the order of their answers, watches its limits.
///
/// All of it runs on the connection's event loop; a request costs no task, no future and no timer.
final class HTTPConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        /// Waits for a request's head, or the rest of it.
        case head
        /// Has the head at the start of the input, waits for the rest of a body of known length.
        case body(RequestHead, length: Int)
        /// Has a head that was put aside, collects the body.
        case chunks
        /// Has a refusal, waits for the end of the body, so that the connection can be used again.
        case skipping(left: Int, PendingAnswer, Refusal)
        /// Has answered early and discards what comes, so that the client sees the answer.
        case lingering(left: Int)
        case closed
    }

    private let shared: LoopContext
    private var context: ChannelHandlerContext?
    private var phase = Phase.head
    private var input = ByteBuffer()
    private var scanned = 0
    private var chunked: ChunkedRequest?
    private var pending = CircularBuffer<PendingAnswer>(initialCapacity: 2)
    private var isStarted = false
    private var isReading = false
    private var isProcessing = false
    private var isUnflushed = false
    private var isInputClosed = false
    private var isReadHeld = false
    private var hasHeadDeadline = false
    private var hasBodyDeadline = false
    /// Where the connection is in its loop's list.
    var position = 0
    /// When ``expire()`` is due.
    private(set) var deadline = NIODeadline.distantFuture
    /// What every request of this connection has in common.
    var client = ClientFacts()

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
        input = ByteBuffer()
        chunked = nil
        // Their beacons stay in their messages; nobody waits for the answers any more.
        pending.removeAll()
        guard isStarted else { return }
        shared.metrics.connections.decrement()
        shared.remove(self)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
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
        if pending.count >= shared.limits.pipelined || isUnwritable(context) {
            isReadHeld = true
        } else {
            context.read()
        }
    }

    private func isUnwritable(_ context: ChannelHandlerContext) -> Bool {
        !context.channel.isWritable
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        resumeReading()
        context.fireChannelWritabilityChanged()
    }

    private func resumeReading() {
        guard isReadHeld, let context, pending.count < shared.limits.pipelined, !isUnwritable(context) else { return }
        isReadHeld = false
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        isReading = true
        if case .lingering(let left) = phase {
            phase = .lingering(left: left - buffer.readableBytes)
            if left <= buffer.readableBytes { context.close(promise: nil) }
            return
        }
        if case .closed = phase { return }
        if input.readableBytes == 0 {
            input = buffer
        } else {
            input.writeBuffer(&buffer)
        }
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        flush()
        context.fireChannelReadComplete()
    }

    // MARK: Requests

    private func process() {
        if isProcessing { return }
        isProcessing = true
        defer { isProcessing = false }
        var isMoving = true
        while isMoving && pending.count < shared.limits.pipelined {
            switch phase {
            case .head: isMoving = readHead()
            case .body(let head, let length): isMoving = readBody(head, length)
            case .chunks: isMoving = readChunks()
            case .skipping(let left, let answer, let refusal): isMoving = skip(left, answer, refusal)
            case .lingering, .closed: isMoving = false
            }
        }
        if input.readableBytes == 0 { input = Self.noBytes }
        updateDeadline()
    }

    private static let noBytes = ByteBuffer()

    private func readHead() -> Bool {
        skipEmptyLines()
        if input.readableBytes == 0 { return false }
        let parser = shared.headParser
        switch input.withUnsafeReadableBytes({ parser.parse($0, scanned: &scanned) }) {
        case .incomplete:
            return false
        case .refused(let refusal):
            let answer = PendingAnswer(connection: self, route: .other, origin: nil, closes: true, isHead: false)
            pending.append(answer)
            answerEarly(answer, refusal)
            return false
        case .head(let head):
            scanned = 0
            hasHeadDeadline = false
            return begin(head)
        }
    }

    /// Empty lines before a request are ignored (RFC 9112, section 2.2).
    private func skipEmptyLines() {
        guard scanned == 0 else { return }
        while input.getInteger(at: input.readerIndex, as: UInt16.self) == 0x0D0A { input.moveReaderIndex(forwardBy: 2) }
    }

    private func begin(_ head: RequestHead) -> Bool {
        if let refusal = input.withUnsafeReadableBytes({ shared.route.refusal(of: head, $0, &client) }) {
            return refuse(head, refusal)
        }
        switch head.framing {
        case .none:
            phase = .body(head, length: 0)
        case .length(let length):
            phase = .body(head, length: length)
            if input.readableBytes < head.size + length { prepareForBody(head, length) }
        case .chunked:
            guard let bytes = input.readSlice(length: head.size) else { return false }
            chunked = ChunkedRequest(head: head, bytes: bytes, decoder: ChunkedDecoder(limits: shared.limits))
            phase = .chunks
            if head.expectsContinue { sendContinue() }
        }
        return true
    }

    private func prepareForBody(_ head: RequestHead, _ length: Int) {
        input.reserveCapacity(minimumWritableBytes: head.size + length - input.readableBytes + JSONParser.padding)
        if head.expectsContinue && input.readableBytes == head.size { sendContinue() }
    }

    private func sendContinue() {
        guard pending.isEmpty, let context else { return }
        context.write(wrapOutboundOut(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        wrote()
    }

    private func readBody(_ head: RequestHead, _ length: Int) -> Bool {
        let size = head.size + length
        guard input.readableBytes >= size else { return false }
        phase = .head
        let isPadded = input.readableBytes - size + input.writableBytes >= JSONParser.padding
        let answer = newAnswer(head)
        let known = input.withUnsafeReadableBytes { bytes in
            let body = UnsafeRawBufferPointer(rebasing: bytes[head.size..<size])
            return shared.route.handle(
                Request(head: head, bytes: bytes, body: body, isPadded: isPadded), &client, answer)
        }
        input.moveReaderIndex(forwardBy: size)
        // Most requests wait for a message; the others are answered at once.
        if let known { answer.settle(known) }
        return true
    }

    private func readChunks() -> Bool {
        guard var request = chunked else { return false }
        // The request is held once, so that its body grows in place.
        chunked = nil
        switch request.decoder.decode(&input, into: &request.body) {
        case .incomplete:
            chunked = request
            return false
        case .refused(let refusal):
            answerEarly(newAnswer(request.head), refusal)
            return false
        case .complete:
            phase = .head
            let answer = newAnswer(request.head)
            let known = request.bytes.withUnsafeReadableBytes { bytes in
                request.body.withUnsafeReadableBytes { body in
                    shared.route.handle(
                        Request(head: request.head, bytes: bytes, body: body, isPadded: false), &client, answer)
                }
            }
            if let known { answer.settle(known) }
            return true
        }
    }

    private func newAnswer(_ head: RequestHead) -> PendingAnswer {
        let answer = PendingAnswer(
            connection: self, route: client.route, origin: client.allowedOrigin, closes: !head.isKeptAlive,
            isHead: head.method == .head)
        pending.append(answer)
        hasBodyDeadline = false
        return answer
    }

    // MARK: Refusals before the end of a request

    private func refuse(_ head: RequestHead, _ refusal: Refusal) -> Bool {
        let answer = newAnswer(head)
        switch head.framing {
        case .none:
            input.moveReaderIndex(forwardBy: head.size)
            answer.settle(.refused(refusal))
            return true
        case .length(let length) where length <= shared.limits.body.bytes && !head.expectsContinue:
            input.moveReaderIndex(forwardBy: head.size)
            phase = .skipping(left: length, answer, refusal)
            return true
        case .length, .chunked:
            answerEarly(answer, refusal)
            return false
        }
    }

    private func skip(_ left: Int, _ answer: PendingAnswer, _ refusal: Refusal) -> Bool {
        let count = min(left, input.readableBytes)
        input.moveReaderIndex(forwardBy: count)
        if count < left {
            phase = .skipping(left: left - count, answer, refusal)
            return false
        }
        phase = .head
        answer.settle(.refused(refusal))
        return true
    }

    /// One connection too many: it is told so before it has said anything.
    private func refuseConnection() {
        let answer = PendingAnswer(connection: self, route: .other, origin: nil, closes: true, isHead: false)
        pending.append(answer)
        answerEarly(answer, .tooManyConnections)
        flush()
    }

    /// Answers before the request has come whole: the connection ends with this answer.
    private func answerEarly(_ answer: PendingAnswer, _ refusal: Refusal) {
        input = Self.noBytes
        chunked = nil
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
                answer, origin: first.origin, closes: isLast, isHead: first.isHead, now: shared.clock())
            shared.metrics.countRequest(first.route, status: answer.status)
            context.write(wrapOutboundOut(bytes), promise: nil)
            wrote()
            if isLast {
                close(context)
                return
            }
        }
        if !isReading {
            process()
            resumeReading()
        }
    }

    private func isEnding(after answer: PendingAnswer) -> Bool {
        if case .lingering = phase { return pending.isEmpty }
        return answer.closes || shared.isDraining || (isInputClosed && pending.isEmpty)
    }

    /// Closes after the last answer: at once where all input was read, else by halves.
    private func close(_ context: ChannelHandlerContext) {
        let isWhole: Bool
        if case .head = phase { isWhole = input.readableBytes == 0 } else { isWhole = false }
        pending.removeAll()
        flush()
        if isWhole || isInputClosed {
            phase = .closed
            context.close(promise: nil)
            return
        }
        input = Self.noBytes
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

    private func updateDeadline() {
        let limits = shared.limits
        switch phase {
        case .head where input.readableBytes > 0:
            // A request that has begun keeps the deadline that it was given.
            if !hasHeadDeadline { deadline = shared.eventLoop.now + limits.headerTimeout.timeAmount }
            hasHeadDeadline = true
            return
        case .head:
            deadline = pending.isEmpty ? shared.eventLoop.now + limits.idleTimeout.timeAmount : .distantFuture
        case .body, .chunks, .skipping:
            if !hasBodyDeadline { deadline = shared.eventLoop.now + limits.bodyTimeout.timeAmount }
            hasBodyDeadline = true
            return
        case .lingering, .closed:
            break
        }
        hasHeadDeadline = false
        hasBodyDeadline = false
    }

    /// The deadline has passed.
    func expire() {
        guard let context else { return }
        switch phase {
        case .head where input.readableBytes == 0, .lingering, .closed:
            context.close(promise: nil)
        case .head:
            let answer = PendingAnswer(connection: self, route: .other, origin: nil, closes: true, isHead: false)
            pending.append(answer)
            answerEarly(answer, .timeout)
        case .body(let head, _):
            answerEarly(newAnswer(head), .timeout)
        case .chunks:
            if let head = chunked?.head { answerEarly(newAnswer(head), .timeout) }
        case .skipping(_, let answer, _):
            answerEarly(answer, .timeout)
        }
    }

    /// Closes the connection if it waits for a request.
    func closeIfIdle() {
        guard pending.isEmpty, input.readableBytes == 0, case .head = phase else { return }
        context?.close(promise: nil)
    }
}
