import NIOCore
import NIOHTTP1

/// Stands behind the decoder and hands what it reads to the connection.
final class RequestParts: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let connection: HTTPConnection

    init(connection: HTTPConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        connection.take(unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.decodingFailed(error)
    }

    // Nobody stands behind.
    func channelReadComplete(context: ChannelHandlerContext) {}
    func channelActive(context: ChannelHandlerContext) {}
}
