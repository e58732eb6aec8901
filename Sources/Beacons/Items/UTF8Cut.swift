/// Cuts UTF-8 at a character boundary.
enum UTF8Cut {
    /// - Parameters:
    ///   - utf8: Valid UTF-8.
    ///   - limit: Bytes to keep at most.
    /// - Returns: The longest prefix of whole characters within `limit`.
    @inline(__always)
    static func prefix(_ utf8: UnsafeRawBufferPointer, limit: Int) -> UnsafeRawBufferPointer {
        utf8.count <= limit ? utf8 : cut(utf8, limit: limit)
    }

    private static func cut(_ utf8: UnsafeRawBufferPointer, limit: Int) -> UnsafeRawBufferPointer {
        var end = limit
        while end > 0 && utf8[end] & 0xC0 == 0x80 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: utf8[..<end])
    }
}
