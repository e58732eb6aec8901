#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// The environment that the process was started with, read without Foundation.
public enum ProcessEnvironment {
    /// Every variable. Of a name given twice the first stands, as for `getenv`; an entry without `=` is left out.
    public static func all() -> [String: String] {
        var variables: [String: String] = [:]
        #if canImport(Darwin)
            var entry = _NSGetEnviron().pointee
        #else
            var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
        #endif
        while let text = entry.pointee {
            let pair = String(cString: text)
            if let separator = pair.firstIndex(of: "=") {
                let name = String(pair[..<separator])
                if variables[name] == nil {
                    variables[name] = String(pair[pair.index(after: separator)...])
                }
            }
            entry += 1
        }
        return variables
    }
}
