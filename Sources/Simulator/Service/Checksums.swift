import AWSCore
import CZlib

extension Identifier {
    /// The MD5 of bytes; zeros where OpenSSL has no MD5 (FIPS).
    init(md5Of bytes: UnsafeRawBufferPointer) {
        let words = Digest.md5(bytes)?.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64).self) } ?? (0, 0)
        self.init(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
    }

    /// 32 hexadecimal digits.
    var hexadecimal: String {
        String(unsafeUninitializedCapacity: 32) { target in
            for at in 0..<16 {
                let shift = UInt64(60 - at * 4)
                target[at] = Hex.digit(UInt8(truncatingIfNeeded: high >> shift) & 0xF)
                target[at + 16] = Hex.digit(UInt8(truncatingIfNeeded: low >> shift) & 0xF)
            }
            return 32
        }
    }
}

/// CRC-32 of bytes, as `x-amz-crc32` carries it.
func crc32(of bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: CZlib.crc32(0, $0.baseAddress, UInt32($0.count))) }
}
