import AWSCore
import NIOCore
import NIOHTTP1

/// One connection: takes requests in their order, lets the router work them, and brings about what the faults
/// have in store for the connection itself.
final class Connection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = ByteBuffer

    /// The largest body read; DynamoDB's 16 MB with room for JSON's escapes.
    private static let bodyLimit = 24 << 20

    private let router: Router
    private let world: World
    private let loop: LoopContext

    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var isTooLarge = false
    /// Requests that came before the one ahead of them was answered.
    private var backlog = CircularBuffer<Request>()
    private var isBusy = false
    private var isStalled = false
    private var poll: LongPoll?

    init(_ world: World, loop: LoopContext) {
        self.world = world
        self.loop = loop
        router = Router(world)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isStalled else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            isTooLarge = false
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            body.clear()
            // With room behind it, so that the parser need not copy it.
            body.reserveCapacity(min(length, Self.bodyLimit) + JSONParser.padding)
            if head.headers.first(name: "expect") != nil {
                context.writeAndFlush(
                    wrapOutboundOut(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
            }
        case .body(var part):
            if body.readableBytes + part.readableBytes > Self.bodyLimit {
                isTooLarge = true
            } else {
                body.writeBuffer(&part)
            }
        case .end:
            guard let head else { return }
            let request = Request(head: head, body: body, isTooLarge: isTooLarge)
            self.head = nil
            if isBusy {
                backlog.append(request)
                body = ByteBuffer()
            } else {
                begin(request, context)
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        poll?.cancel()
        poll = nil
        isStalled = true
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: A request's way

    private func begin(_ request: Request, _ context: ChannelHandlerContext) {
        guard !isStalled else { return }
        isBusy = true
        let now = world.options.clock()
        if request.head.uri.hasPrefix("/_simulator/") {
            let answer = Control(world).answer(request)
            return write(answer, request, .none, now, context)
        }
        guard let operation = router.operation(of: request) else {
            return write(Answer(.unknownOperation, for: .sqs), request, .none, now, context)
        }
        let plan = world.faults.plan(for: operation)
        if plan.dropsBefore {
            world.meter.update { $0.request(operation, status: 503) }
            context.close(promise: nil)
            return
        }
        let latency = world.options.latency + plan.latency
        if latency > .zero {
            context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(latency)) {
                self.work(request, operation, plan, context)
            }
        } else {
            work(request, operation, plan, context)
        }
    }

    private func work(
        _ request: Request, _ operation: Operation, _ plan: FaultPlan, _ context: ChannelHandlerContext
    ) {
        guard !isStalled else { return }
        let call = Call(
            operation: operation, now: world.options.clock(), plan: plan,
            host: request.head.headers.first(name: "host") ?? "localhost", loop: loop, eventLoop: context.eventLoop)
        switch router.work(request, call) {
        case .answer(let answer):
            finish(answer, request, operation, plan, context)
        case .wait(let pending):
            poll = pending.poll
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            let sqs = world.sqs
            pending.poll.start { deliveries in
                let (connection, context) = bound.value
                connection.poll = nil
                let answer = sqs.answer(deliveries, pending.attributes, hasWrongMD5: pending.hasWrongMD5)
                connection.finish(answer, request, operation, plan, context)
            }
        }
    }

    private func finish(
        _ answer: Answer, _ request: Request, _ operation: Operation, _ plan: FaultPlan,
        _ context: ChannelHandlerContext
    ) {
        world.meter.update { $0.request(operation, status: answer.status) }
        guard !isStalled else { return }
        if plan.dropsAfter {
            context.close(promise: nil)
        } else if plan.halfOpens {
            // It reads on, into nothing, so that it sees the client go: its descriptor is not lost.
            isStalled = true
        } else {
            write(answer, request, plan, world.options.clock(), context)
        }
    }

    private func write(
        _ answer: Answer, _ request: Request, _ plan: FaultPlan, _ now: Timestamp, _ context: ChannelHandlerContext
    ) {
        var bytes = context.channel.allocator.buffer(capacity: answer.body.count + 512)
        answer.render(into: &bytes, loop: loop, at: now + (plan.skew ?? .zero), plan)
        let closes = plan.cutsBody || !request.head.isKeepAlive
        if closes {
            isStalled = true
            context.writeAndFlush(wrapOutboundOut(bytes)).assumeIsolated().whenComplete { _ in
                context.close(promise: nil)
            }
            return
        }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        isBusy = false
        if let next = backlog.popFirst() {
            begin(next, context)
        }
    }
}

/// A request, whole.
struct Request: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer
    let isTooLarge: Bool
}
