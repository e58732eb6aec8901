internal import CCurl

/// The user agent in the form that AWS's SDKs send: product, format version, system, language, transport, retry mode.
enum UserAgent {
    static let value =
        "map-beacons/\(version) ua/2.1 os/\(system) lang/swift md/libcurl#\(curl) cfg/retry-mode#standard"

    static let version = "0.1.0"

    #if os(Linux)
        private static let system = "linux"
    #else
        private static let system = "macos"
    #endif

    private static let curl = map_beacons_curl_version().map { String(cString: $0) } ?? "unknown"
}
