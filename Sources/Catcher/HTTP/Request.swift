import NIOCore

/// A request that has come whole.
struct Request {
    let head: RequestHead
    /// The body, as it came.
    let body: ByteBuffer
}

extension Duration {
    /// The same time, as SwiftNIO writes it.
    var timeAmount: TimeAmount { TimeAmount(self) }
}
