import AWSCore
import NIOCore
import NIOHTTP1

/// Collects requests, and refuses them as soon as it is clear that they are to be refused.
extension HTTPConnection {
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
    func holdBody(_ head: RequestHead) {
        let more = body.readableBytes - heldBytes
        if shared.route.packer.hold(more) {
            heldBytes += more
        } else {
            answerEarly(newAnswer(head), .full)
        }
    }

    func dropBody() {
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

    func newAnswer(_ head: RequestHead) -> PendingAnswer {
        newAnswer(closes: !head.isKeptAlive, isHead: head.method == .HEAD)
    }

    func newAnswer(closes: Bool, isHead: Bool = false) -> PendingAnswer {
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
    func refuse(_ error: HTTPParserError) {
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
