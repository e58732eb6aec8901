import NIOCore
import NIOHTTP1
import NIOPosix

/// The listener.
enum HTTPServer {
    /// Binds the options' address.
    static func bind(_ world: World, on group: MultiThreadedEventLoopGroup) async throws -> any Channel {
        var contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>] = [:]
        var seed = world.options.seed
        for eventLoop in group.makeIterator() {
            seed &+= 1
            let own = seed
            let bound = try await eventLoop.submit {
                NIOLoopBound(LoopContext(seed: own), eventLoop: eventLoop)
            }.get()
            contexts[ObjectIdentifier(eventLoop)] = bound
        }
        let loops = contexts
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if world.faults.swallowsConnection() {
                        // Without a handler and without reads: what the client sends stays in the socket's buffer.
                        try channel.syncOptions?.setOption(.autoRead, value: false)
                        let end = channel.eventLoop.scheduleTask(in: .minutes(2)) { channel.close(promise: nil) }
                        channel.closeFuture.whenComplete { _ in end.cancel() }
                        return
                    }
                    guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else { return }
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(
                        ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
                    try pipeline.addHandler(Connection(world, loop: loop.value))
                }
            }
            .bind(host: world.options.host, port: world.options.port).get()
    }
}
