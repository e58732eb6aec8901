import AWSCore
import Locking
import Logging
import NIOCore
import NIOPosix
import Operations

/// The public listener with all that is behind it, wired: 1 ``BeaconRoute`` -> 2 ``Packer`` -> 3 ``Sender``.
final class Server: Sendable {
    struct Options: Sendable {
        var listen: ListenAddress
        var eventLoops = 1
        var route = BeaconRoute.Options()
        var sender = Sender.Options()
        var messageLimit = ByteCount.bytes(64_000)
        var pendingLimit = ByteCount.mebibytes(64)
        /// How long a request that has begun may still take in a drain.
        var drainGrace: Duration = .seconds(5)
    }

    /// Where it listens, with the port that the operating system chose where 0 was asked for.
    let address: ListenAddress
    let packer: Packer
    private let options: Options
    private let group: MultiThreadedEventLoopGroup
    private let loops: [LoopContext]
    private let sender: Sender
    private let overflow: Overflow?
    private let channel: any Channel
    private let metrics: CatcherMetrics

    /// Listens.
    ///
    /// - Parameters:
    ///   - options: Where, and everything's limits.
    ///   - packer: Packs the beacons; made with as many loops as `options` says.
    ///   - sink: Takes the messages.
    ///   - spool: Keeps the messages that the sink does not take.
    ///   - keys: The write keys, in force before the first connection; `nil` accepts every key.
    ///   - metrics: Counts.
    ///   - logger: Hears what a person should know.
    ///   - clock: When beacons arrive.
    /// - Throws: `ListenError` where the address cannot be bound.
    init(
        options: Options, packer: Packer, sink: any MessageSink, spool: (any Spool)? = nil, keys: WriteKeys? = nil,
        metrics: CatcherMetrics, logger: Logger, clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.eventLoops)
        let wiring = Wiring(
            group: group, packer: packer, sink: sink, spool: spool, metrics: metrics, logger: logger, clock: clock)
        let (loops, sender, overflow) = wiring.connect(options)
        // No connection can be there yet, so nothing runs on the loops.
        for loop in loops { loop.route.keys = keys }
        do {
            channel = try await Self.bootstrap(group, loops, options.route.limits, metrics)
                .bind(to: options.listen.socketAddress()).get()
        } catch {
            try? await group.shutdownGracefully()
            throw ListenError(address: options.listen, reason: "\(error)")
        }
        address = ListenAddress(
            address: options.listen.address, port: channel.localAddress?.port ?? options.listen.port)
        self.options = options
        self.packer = packer
        self.group = group
        self.loops = loops
        self.sender = sender
        self.overflow = overflow
        self.metrics = metrics
    }

    private static func bootstrap(
        _ group: MultiThreadedEventLoopGroup, _ loops: [LoopContext], _ limits: Limits, _ metrics: CatcherMetrics
    ) -> ServerBootstrap {
        let contexts = Dictionary(uniqueKeysWithValues: loops.map { (ObjectIdentifier($0.eventLoop), $0) })
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 2048, maximum: 65_536)
            )
            .childChannelInitializer { child in
                // Those a little over the limit are told so; of a flood beyond, nothing is kept.
                guard metrics.connections.value < limits.connections + 1024,
                    let shared = contexts[ObjectIdentifier(child.eventLoop)]
                else { return child.close() }
                return child.eventLoop.makeCompletedFuture {
                    try HTTPConnection.add(to: child, shared: shared)
                }
            }
    }

    /// Takes other write keys, from the next request on. Of two calls in order, the keys of the second stay.
    func use(_ keys: WriteKeys) {
        for loop in loops { loop.eventLoop.execute { loop.route.keys = keys } }
    }

    /// Returns when every event loop has come round.
    func comeRound() async {
        for loop in loops { _ = try? await loop.eventLoop.submit {}.get() }
    }

    /// Sends what an earlier process has left in the spool. To be called once, when the spool is open.
    func sendSpooled() {
        overflow?.resume()
    }

    /// Finishes what was taken, then closes everything.
    ///
    /// - Parameter delay: How long it still serves before, with `Connection: close`, so that a load balancer's
    ///   connections go elsewhere.
    func drain(after delay: Duration) async {
        for loop in loops { loop.eventLoop.execute { loop.drain() } }
        if delay > .zero { try? await Task.sleep(for: delay) }
        try? await channel.close()
        let end = ContinuousClock.now + options.drainGrace
        while await closeIdle() > 0 && ContinuousClock.now < end {
            try? await Task.sleep(for: .milliseconds(10))
        }
        if let last = packer.close() { sender.send(last) }
        await withCheckedContinuation { continuation in
            sender.whenIdle { continuation.resume() }
        }
        await overflow?.finish(within: .seconds(2))
        // The answers to the last message are on their loops, ahead of this.
        _ = await closeIdle()
        try? await group.shutdownGracefully()
    }

    private func closeIdle() async -> Int {
        var left = 0
        for loop in loops {
            left += (try? await loop.eventLoop.submit { loop.closeIdle() }.get()) ?? 0
        }
        return left
    }
}

/// How the stages are connected, on one screen.
private struct Wiring {
    let group: MultiThreadedEventLoopGroup
    let packer: Packer
    let sink: any MessageSink
    let spool: (any Spool)?
    let metrics: CatcherMetrics
    let logger: Logger
    let clock: @Sendable () -> Timestamp

    func connect(_ options: Server.Options) -> ([LoopContext], Sender, Overflow?) {
        let eventLoops = group.makeIterator().map { $0 }
        let contexts = Guarded<[LoopContext]>([])
        let home = group.any()
        let overflow = spool.map {
            Overflow(spool: $0, sink: sink, loop: home, metrics: metrics, logger: logger)
        }
        let sender = Sender(
            sink: sink, overflow: overflow, loop: home, options: options.sender, metrics: metrics, logger: logger
        ) { [packer] message, refusal in
            packer.settled(message)
            for (position, waiting) in message.waiting.enumerated() where !waiting.isEmpty {
                let loop = contexts.withLock { $0[position] }
                loop.eventLoop.execute { loop.messageSettled(waiting, refusal) }
            }
        }
        let loops = eventLoops.enumerated().map { position, eventLoop in
            let route = BeaconRoute(
                options: options.route, packer: packer, metrics: metrics, eventLoop: eventLoop, loop: position,
                clock: clock, send: { sender.send($0) })
            return LoopContext(
                eventLoop: eventLoop, limits: options.route.limits, route: route, metrics: metrics, logger: logger,
                clock: clock)
        }
        contexts.withLock { $0 = loops }
        return (loops, sender, overflow)
    }
}
