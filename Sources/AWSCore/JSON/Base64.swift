internal import COpenSSL

/// Base64 with padding (RFC 4648, section 4), by OpenSSL.
public enum Base64 {
    /// Encodes bytes.
    ///
    /// - Parameter bytes: The bytes.
    /// - Returns: Their base64 text.
    public static func encode(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: (bytes.count + 2) / 3 * 4 + 1) { text in
            // Writes a zero byte behind the text, which the count leaves out.
            Int(EVP_EncodeBlock(text.baseAddress, bytes, Int32(bytes.count)))
        }
    }

    /// Decodes base64 text.
    ///
    /// - Parameter text: The text, of a length that four divides.
    /// - Returns: The bytes; `nil` where the text is no base64.
    public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        guard text.count > 0 else { return [] }
        let padding = text.suffix(2).reduce(0) { $0 + ($1 == UInt8(ascii: "=") ? 1 : 0) }
        // OpenSSL takes a padding character anywhere for zero bits.
        guard !text.dropLast(padding).contains(UInt8(ascii: "=")) else { return nil }
        let source = text.assumingMemoryBound(to: UInt8.self)
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { target, count in
            let written = Int(EVP_DecodeBlock(target.baseAddress, source.baseAddress, Int32(text.count)))
            isValid = written >= padding
            count = isValid ? written - padding : 0
        }
        return isValid ? bytes : nil
    }
}
