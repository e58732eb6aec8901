internal import CCurl
internal import COpenSSL

/// The process-wide set-up that libcurl and OpenSSL need before their first use.
enum CurlGlobal {
    /// Done once, before any thread uses libcurl; never undone, as threads may be inside it until the process ends.
    ///
    /// OpenSSL first: without `OPENSSL_INIT_NO_ATEXIT` its exit handler frees what the threads of libdispatch still use.
    static let isReady: Bool = {
        let isCryptoReady = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1
        return isCryptoReady && curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()
}
