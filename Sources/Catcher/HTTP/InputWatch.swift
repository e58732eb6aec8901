import NIOCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Stands before the decoder and tells the connection what the decoder does not: that bytes have arrived, and how many.
final class InputWatch: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let connection: HTTPConnection

    init(connection: HTTPConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if connection.takesInput(unwrapInboundIn(data)) { context.fireChannelRead(data) }
    }
}
