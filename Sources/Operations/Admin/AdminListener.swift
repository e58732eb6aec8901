import NIOCore
import NIOHTTP1
import NIOPosix

/// The listener for operators, apart from the public one: `GET /healthz`, `/readyz` and `/metrics`.
///
/// It has a thread of its own, so that it answers while the process is busy. It holds few connections, each for a
/// short time; what comes beyond that is closed.
public final class AdminListener: Sendable {
    /// Where it listens, with the port that the operating system chose where 0 was asked for.
    public let address: ListenAddress
    private let channel: any Channel
    private let group: MultiThreadedEventLoopGroup

    private init(address: ListenAddress, channel: any Channel, group: MultiThreadedEventLoopGroup) {
        self.address = address
        self.channel = channel
        self.group = group
    }

    /// Listens, and answers until ``close()``.
    ///
    /// - Parameters:
    ///   - address: Where to listen.
    ///   - routes: What to answer.
    ///   - limits: How much it takes.
    /// - Returns: The listener, bound.
    /// - Throws: `ListenError` where the address cannot be bound.
    public static func start(
        on address: ListenAddress, routes: AdminRoutes, limits: AdminLimits = AdminLimits()
    ) async throws -> AdminListener {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connections = ConnectionCount(limit: limits.connections)
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 16)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { child in
                guard connections.admit(child) else { return child.close() }
                return child.pipeline.configureHTTPServerPipeline(withErrorHandling: true).flatMapThrowing {
                    try child.pipeline.syncOperations.addHandler(AdminHandler(routes: routes, limits: limits))
                }
            }
        do {
            let channel = try await bootstrap.bind(to: address.socketAddress()).get()
            let port = channel.localAddress?.port ?? address.port
            return AdminListener(
                address: ListenAddress(address: address.address, port: port), channel: channel, group: group)
        } catch {
            try? await group.shutdownGracefully()
            throw ListenError(address: address, reason: "\(error)")
        }
    }

    /// Stops listening, closes what is open and ends the thread.
    public func close() async {
        try? await channel.close()
        try? await group.shutdownGracefully()
    }
}

/// How much the admin listener takes.
public struct AdminLimits: Sendable {
    /// Connections open at a time.
    public var connections = 64
    /// How long a connection may go without a whole request.
    public var requestTimeout: Duration = .seconds(10)
    /// How much body a request may bring; it is not read.
    public var bodyBytes = 65_536

    /// The defaults.
    public init() {}
}

/// A listener's address cannot be bound.
public struct ListenError: Error, CustomStringConvertible {
    /// The address.
    public let address: ListenAddress
    /// What the operating system says.
    public let reason: String

    /// - Parameters:
    ///   - address: The address.
    ///   - reason: What the operating system says.
    public init(address: ListenAddress, reason: String) {
        self.address = address
        self.reason = reason
    }

    /// The address, the reason and what to do.
    public var description: String {
        "cannot listen on \(address): \(reason); free the port or choose another address"
    }
}
