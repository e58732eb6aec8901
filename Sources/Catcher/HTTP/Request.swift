import NIOCore

/// A request that has come whole. Its pointers hold while it is handled, no longer.
struct Request {
    let head: RequestHead
    /// The head's bytes, which its positions count from, and whatever follows them.
    let bytes: UnsafeRawBufferPointer
    let body: UnsafeRawBufferPointer
    /// Whether `JSONParser.padding` bytes behind the body are readable.
    let isPadded: Bool

    /// A part of the head.
    func text(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[range])
    }
}

/// A request whose chunks are still coming.
struct ChunkedRequest {
    let head: RequestHead
    let bytes: ByteBuffer
    var decoder: ChunkedDecoder
    var body = ByteBuffer()
}

extension Duration {
    /// The same time, as SwiftNIO writes it.
    var timeAmount: TimeAmount { TimeAmount(self) }
}
