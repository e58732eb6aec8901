internal import COpenSSL

/// Digests of bytes, by OpenSSL.
public enum Digest {
    private static let sha256Algorithm: OpenSSL.Algorithm = {
        guard let algorithm = OpenSSL.Algorithm(digest: "SHA256") else {
            preconditionFailure("OpenSSL without SHA-256")
        }
        return algorithm
    }()

    private static let md5Algorithm = OpenSSL.Algorithm(digest: "MD5")

    /// The SHA-256 of bytes, 32 bytes.
    public static func sha256(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        digest(bytes, by: sha256Algorithm, count: 32)
    }

    /// The SHA-256 of bytes, 32 bytes.
    public static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { sha256($0) }
    }

    /// The SHA-256 of bytes as 64 lower-case hexadecimal digits.
    public static func sha256Hex(_ bytes: UnsafeRawBufferPointer) -> String {
        hex(sha256(bytes))
    }

    /// The SHA-256 of bytes as 64 lower-case hexadecimal digits.
    public static func sha256Hex(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { sha256Hex($0) }
    }

    /// The MD5 of bytes, 16 bytes; `nil` where OpenSSL offers no MD5, as its FIPS provider does not.
    ///
    /// For checks against SQS's own sums alone: MD5 proves nothing against an adversary.
    public static func md5(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        md5Algorithm.map { digest(bytes, by: $0, count: 16) }
    }

    /// The MD5 of bytes, 16 bytes; `nil` where OpenSSL offers no MD5.
    public static func md5(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.withUnsafeBytes { md5($0) }
    }

    /// The MD5 of bytes as 32 lower-case hexadecimal digits; `nil` where OpenSSL offers no MD5.
    public static func md5Hex(_ bytes: UnsafeRawBufferPointer) -> String? {
        md5(bytes).map(hex)
    }

    /// The MD5 of bytes as 32 lower-case hexadecimal digits; `nil` where OpenSSL offers no MD5.
    public static func md5Hex(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { md5Hex($0) }
    }

    /// Appends the SHA-256 of bytes as 64 lower-case hexadecimal digits.
    ///
    /// - Parameters:
    ///   - bytes: What to digest.
    ///   - target: What to append to.
    static func appendSHA256Hex(of bytes: UnsafeRawBufferPointer, to target: inout [UInt8]) {
        withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { sum in
            compute(bytes, by: sha256Algorithm, into: sum)
            Hexadecimal.append(UnsafeRawBufferPointer(sum), to: &target)
        }
    }

    private static func digest(
        _ bytes: UnsafeRawBufferPointer, by algorithm: OpenSSL.Algorithm, count: Int
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { sum, written in
            compute(bytes, by: algorithm, into: UnsafeMutableRawBufferPointer(sum))
            written = count
        }
    }

    private static func compute(
        _ bytes: UnsafeRawBufferPointer, by algorithm: OpenSSL.Algorithm, into sum: UnsafeMutableRawBufferPointer
    ) {
        let start = sum.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_Digest(bytes.baseAddress, bytes.count, start, nil, algorithm.pointer, nil) == 1 else {
            preconditionFailure("out of memory in OpenSSL")
        }
    }

    private static func hex(_ sum: [UInt8]) -> String {
        var digits: [UInt8] = []
        digits.reserveCapacity(2 * sum.count)
        sum.withUnsafeBytes { Hexadecimal.append($0, to: &digits) }
        return String(decoding: digits, as: UTF8.self)
    }
}
