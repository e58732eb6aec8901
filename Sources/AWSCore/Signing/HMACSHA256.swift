internal import Locking
internal import COpenSSL

/// HMAC-SHA256 (RFC 2104) under one key.
///
/// Keeps OpenSSL's context keyed: starting it again without a key reuses the padded key's digest states, which saves
/// half of each short message's cost.
final class HMACSHA256: Sendable {
    /// The length of a code in bytes.
    static let count = 32

    private static let algorithm: OpenSSL.Algorithm = {
        guard let algorithm = OpenSSL.Algorithm(mac: "HMAC") else {
            preconditionFailure("OpenSSL without HMAC")
        }
        return algorithm
    }()

    /// A context serves one message at a time.
    private let context: Guarded<OpaquePointer>

    /// - Parameter key: The key, of any length.
    init(key: [UInt8]) {
        guard let context = EVP_MAC_CTX_new(Self.algorithm.pointer) else {
            preconditionFailure("out of memory in OpenSSL")
        }
        // A parameter points at its name and its value, so both live until the context has read them.
        var digest = Array("SHA256".utf8CString)
        let isKeyed = OSSL_MAC_PARAM_DIGEST.withCString { name in
            digest.withUnsafeMutableBufferPointer { digest in
                var parameters = [
                    OSSL_PARAM_construct_utf8_string(name, digest.baseAddress, 0), OSSL_PARAM_construct_end(),
                ]
                return EVP_MAC_init(context, key, key.count, &parameters)
            }
        }
        guard isKeyed == 1 else {
            preconditionFailure("OpenSSL refused an HMAC key")
        }
        self.context = Guarded(context)
    }

    deinit {
        // Wipes the key, too.
        context.withLock { EVP_MAC_CTX_free($0) }
    }

    /// Computes the code of a message.
    ///
    /// - Parameters:
    ///   - message: The message.
    ///   - code: Where the code goes, ``count`` bytes.
    func authenticate(_ message: UnsafeRawBufferPointer, into code: UnsafeMutableRawBufferPointer) {
        precondition(code.count == Self.count)
        let start = code.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let isDone = context.withLock { context in
            var written = 0
            return EVP_MAC_init(context, nil, 0, nil) == 1
                && EVP_MAC_update(context, message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count) == 1
                && EVP_MAC_final(context, start, &written, Self.count) == 1
        }
        guard isDone else {
            preconditionFailure("OpenSSL failed in HMAC-SHA256")
        }
    }

    /// The code of a message, ``count`` bytes.
    func code(of message: String) -> [UInt8] {
        var message = message
        return message.withUTF8 { message in
            [UInt8](unsafeUninitializedCapacity: Self.count) { code, written in
                let code = UnsafeMutableRawBufferPointer(start: code.baseAddress, count: Self.count)
                authenticate(UnsafeRawBufferPointer(message), into: code)
                written = Self.count
            }
        }
    }
}
