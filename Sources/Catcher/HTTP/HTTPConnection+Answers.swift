import AWSCore
import NIOCore

/// Gives answers in the order of the requests, and watches the deadlines.
extension HTTPConnection {
    /// Sends the answers that are known, in the requests' order.
    func answerIsKnown() {
        guard let context else { return }
        while let first = pending.first, let answer = first.answer {
            pending.removeFirst()
            let isLast = isEnding(after: first)
            let bytes = shared.answers.render(
                answer, to: first.route, origin: first.origin, closes: isLast, isHead: first.isHead,
                now: shared.clock())
            shared.note(answer, to: first, from: client.peer)
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

    /// Closes after the last answer: at once where the request had come whole and nothing behind it, else by halves.
    private func close(_ context: ChannelHandlerContext) {
        let isWhole =
            switch phase {
            case .head: true
            case .ending(let hasMore): !hasMore && !isReadHeld
            case .body, .skipping, .lingering, .closed: false
            }
        pending.removeAll()
        flush()
        if isWhole || isInputClosed {
            phase = .closed
            context.close(promise: nil)
            return
        }
        phase = .lingering(left: shared.limits.lingerBytes.bytes)
        deadline = shared.eventLoop.now + shared.limits.lingerTimeout.timeAmount
        context.close(mode: .output, promise: nil)
        if !isReading { resumeReading() }
    }

    func wrote() {
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
    func rest() {
        guard case .head = phase, unfinishedHead == 0 else { return }
        deadline = pending.isEmpty ? shared.eventLoop.now + shared.limits.idleTimeout.timeAmount : .distantFuture
    }

    /// The deadline has passed.
    func expire() {
        switch phase {
        case .head where unfinishedHead == 0, .ending, .lingering, .closed:
            context?.close(promise: nil)
        case .head:
            refuseUnread(.timeout)
        case .body(let head):
            refuseUnfinished(head, .timeout)
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
