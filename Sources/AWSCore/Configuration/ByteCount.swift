/// A size in bytes, so that no parameter is a bare number of an unknown unit.
public struct ByteCount: Sendable, Hashable, Comparable {
    /// The size in bytes.
    public let bytes: Int

    /// - Parameter bytes: The size in bytes.
    public init(bytes: Int) {
        self.bytes = bytes
    }

    /// - Parameter count: The size in bytes.
    /// - Returns: That size.
    public static func bytes(_ count: Int) -> ByteCount { ByteCount(bytes: count) }

    /// - Parameter count: The size in KiB, 1,024 bytes each.
    /// - Returns: That size.
    public static func kibibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 10) }

    /// - Parameter count: The size in MiB, 1,048,576 bytes each.
    /// - Returns: That size.
    public static func mebibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 20) }

    /// - Parameter count: The size in GiB, 1,073,741,824 bytes each.
    /// - Returns: That size.
    public static func gibibytes(_ count: Int) -> ByteCount { ByteCount(bytes: count << 30) }

    /// Orders sizes, smaller first.
    public static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
