import AWSCore
import NIOCore
import NIOHTTP1

/// Collects requests, and refuses them as soon as it is clear that they are to be refused.
extension HTTPConnection {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isReading = true
        let bytes = unwrapInboundIn(data)
        switch phase {
        case .closed: return
        case .ending:
            phase = .ending(hasMore: true)
            return
        case .lingering(let left):
            // What was under way before the refusal was sent does not count.
            guard pending.isEmpty else { return }
            phase = .lingering(left: left - bytes.readableBytes)
            if left <= bytes.readableBytes { context.close(promise: nil) }
            return
        case .head:
            if unfinishedHead == 0 { startHead() }
            unfinishedHead += bytes.readableBytes
            if !hasLine { hasLine = bytes.readableBytesView.contains(0x0A) }
        case .body, .skipping: lastBytes.startRead()
        }
        context.fireChannelRead(data)
        if case .head = phase { lookBehind(bytes) }
    }

    private func startHead() {
        deadline = shared.eventLoop.now + shared.limits.headerTimeout.timeAmount
    }

    /// Between requests, or in a head: a request that began in the same read as the last one ended has its deadline,
    /// too, and what never becomes a head is refused, whatever the decoder makes of it.
    private func lookBehind(_ bytes: ByteBuffer) {
        if unfinishedHead == 0 && !lastBytes.end(bytes) {
            (unfinishedHead, hasLine) = lastBytes.rest(of: bytes)
            if unfinishedHead > 0 { startHead() }
        }
        if unfinishedHead > shared.limits.unfinishedHead { refuseUnread(hasLine ? .headersTooLarge : .targetTooLong) }
    }

    /// Takes what the decoder has read.
    func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let part): collect(part)
        case .end(let trailers): finish(trailers)
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        guard case .head = phase else { return }
        unfinishedHead = 0
        hasLine = false
        lastBytes = .emptyLine
        deadline = shared.eventLoop.now + shared.limits.bodyTimeout.timeAmount
        trace = shared.trace(of: head, from: client.peer)
        do throws(Refusal) {
            let head = try RequestHead(head, limits: shared.limits)
            if let refusal = shared.route.refusal(of: head, &client) {
                refuse(head, refusal)
                return
            }
            phase = .body(head)
            if head.expectsContinue && head.length != 0 { sendContinue() }
        } catch {
            shared.route.identify(RequestHead.route(head.uri).0, origin: RequestHead.origin(in: head.headers), &client)
            shared.route.count(error, of: head.method, client.route)
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
                refuseUnfinished(head, .bodyTooLarge(shared.limits.body))
                return
            }
            if head.length != nil { lastBytes.append(part) }
            if body.readableBytes == 0 {
                body = part
                return
            }
            var part = part
            body.writeBuffer(&part)
        case .skipping(let answer, let refusal, let left):
            lastBytes.append(part)
            phase = .skipping(answer, refusal, left: left - part.readableBytes)
            if left < part.readableBytes { answerEarly(answer, refusal) }
        case .head, .ending, .lingering, .closed: break
        }
    }

    /// A body that takes more than one read waits in memory, like a beacon for the queue.
    func holdBody(_ head: RequestHead) {
        // The first part is a slice of what was read, and would keep all of that.
        if heldBytes == 0 && body.storageCapacity > 2 * body.readableBytes {
            body = ByteBuffer(bytes: body.readableBytesView)
        }
        let more = body.readableBytes - heldBytes
        if shared.route.packer.hold(more) {
            heldBytes += more
        } else {
            refuseUnfinished(head, .full)
        }
    }

    func dropBody() {
        body = Self.noBytes
        if heldBytes > 0 { shared.route.packer.release(heldBytes) }
        heldBytes = 0
    }

    private func finish(_ trailers: HTTPHeaders?) {
        switch phase {
        case .body(var head):
            if let trailers { head.take(trailers) }
            let request = Request(head: head, body: body)
            dropBody()
            if head.isKeptAlive {
                phase = .head
            } else {
                phase = .ending(hasMore: false)
                deadline = .distantFuture
            }
            let answer = newAnswer(head)
            // Most requests wait for a message; the others are answered at once.
            if let known = shared.route.handle(request, &client, answer) { answer.settle(known) } else { rest() }
        case .skipping(let answer, let refusal, _):
            phase = answer.closes ? .ending(hasMore: false) : .head
            if answer.closes { deadline = .distantFuture }
            answer.settle(.refused(refusal))
        case .head, .ending, .lingering, .closed: break
        }
    }

    private static let noBytes = ByteBuffer()

    func newAnswer(_ head: RequestHead) -> PendingAnswer {
        newAnswer(closes: !head.isKeptAlive, isHead: head.method == .HEAD)
    }

    func newAnswer(closes: Bool, isHead: Bool = false) -> PendingAnswer {
        let answer = PendingAnswer(
            connection: self, route: client.route, origin: client.allowedOrigin, closes: closes, isHead: isHead,
            trace: trace)
        pending.append(answer)
        return answer
    }

    // MARK: Refusals before the end of a request

    private func refuse(_ head: RequestHead, _ refusal: Refusal) {
        shared.route.count(refusal, of: head.method, client.route)
        let answer = newAnswer(head)
        // Where the client sends no more than it may, the connection can be used again. Behind CONNECT comes no HTTP.
        if head.method != .CONNECT, let length = head.length, length <= shared.limits.body.bytes,
            !(head.expectsContinue && length > 0)
        {
            phase = .skipping(answer, refusal, left: length)
        } else {
            answerEarly(answer, refusal)
        }
    }

    /// What the decoder refuses.
    func refuse(_ error: HTTPParserError) {
        let refusal: Refusal
        switch error {
        case .headerOverflow: refusal = hasLine ? .headersTooLarge : .targetTooLong
        case .invalidChunkSize: refusal = .malformed("A chunk's size is malformed.")
        default: refusal = .malformed("The request is not HTTP/1.1, or could be read in two ways.")
        }
        switch phase {
        case .body(let head): refuseUnfinished(head, refusal)
        case .skipping(let answer, _, _): answerEarly(answer, refusal)
        case .head: refuseUnread(refusal)
        case .ending, .lingering, .closed: break
        }
    }

    /// Refuses a request whose body has not come whole.
    func refuseUnfinished(_ head: RequestHead, _ refusal: Refusal) {
        shared.route.count(refusal, of: head.method, client.route)
        answerEarly(newAnswer(head), refusal)
    }

    /// Refuses a request whose head has not come whole: nothing is known of it.
    func refuseUnread(_ refusal: Refusal) {
        client.route = .other
        client.allowedOrigin = nil
        trace = nil
        answerEarly(newAnswer(closes: true), refusal)
    }

    /// One connection too many: it is told so before it has said anything.
    func refuseConnection() {
        answerEarly(newAnswer(closes: true), .tooManyConnections)
        flush()
    }

    /// Answers before the request has come whole: the connection ends with this answer.
    func answerEarly(_ answer: PendingAnswer, _ refusal: Refusal) {
        dropBody()
        phase = .lingering(left: shared.limits.lingerBytes.bytes)
        deadline = .distantFuture
        answer.settle(.refused(refusal))
    }
}
