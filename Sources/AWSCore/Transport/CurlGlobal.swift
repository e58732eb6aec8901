internal import CCurl

/// The process-wide set-up that libcurl needs before its first use.
enum CurlGlobal {
    /// Done once, before any thread uses libcurl, after OpenSSL's own set-up; never undone, as threads may be inside
    /// libcurl until the process ends.
    static let isReady: Bool = {
        OpenSSL.prepare()
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()
}
