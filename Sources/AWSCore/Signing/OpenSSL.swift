internal import COpenSSL

/// OpenSSL's one-time set-up, which must come before any other use of it, libcurl's included.
enum OpenSSL {
    /// Sets OpenSSL up, once for the process; later calls do nothing.
    ///
    /// Without an exit handler: OpenSSL's own frees its tables at `exit` while threads of libdispatch and of the
    /// transport may still use them.
    static func prepare() {
        _ = isPrepared
    }

    private static let isPrepared = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

    /// A digest algorithm, fetched once: a fetch costs more than hashing a short message.
    struct Algorithm: @unchecked Sendable {  // immutable; OpenSSL lets threads share a fetched algorithm
        let pointer: OpaquePointer

        /// - Parameter name: The algorithm's name; `nil` comes back where no provider offers it, as MD5 under FIPS.
        init?(digest name: String) {
            OpenSSL.prepare()
            guard let pointer = EVP_MD_fetch(nil, name, nil) else {
                ERR_clear_error()
                return nil
            }
            self.pointer = pointer
        }

        /// - Parameter name: The message authentication code's name.
        init?(mac name: String) {
            OpenSSL.prepare()
            guard let pointer = EVP_MAC_fetch(nil, name, nil) else {
                ERR_clear_error()
                return nil
            }
            self.pointer = pointer
        }
    }
}
