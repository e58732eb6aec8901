import AWSCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What the operating system knows of this process, under the names that Prometheus' own client libraries use.
struct ProcessMetrics {
    private let start = Timestamp.now()

    func write(to text: inout PrometheusText) {
        text.family("process_cpu_seconds_total", type: "counter", help: "User and system CPU time.")
        text.sample("process_cpu_seconds_total", number: Self.cpuSeconds())
        if let descriptors = Self.openDescriptors() {
            text.family("process_open_fds", type: "gauge", help: "Open file descriptors.")
            text.sample("process_open_fds", value: descriptors)
        }
        if let limit = ProcessLimits.openFiles() {
            text.family("process_max_fds", type: "gauge", help: "How many file descriptors may be open.")
            text.sample("process_max_fds", value: limit)
        }
        if let bytes = Self.residentBytes() {
            text.family("process_resident_memory_bytes", type: "gauge", help: "Memory in use, resident.")
            text.sample("process_resident_memory_bytes", value: bytes)
        }
        text.family("process_start_time_seconds", type: "gauge", help: "When the process started, since 1970.")
        text.sample("process_start_time_seconds", number: Double(start.milliseconds) / 1000)
    }

    static func cpuSeconds() -> Double {
        var usage = rusage()
        #if canImport(Darwin)
            getrusage(RUSAGE_SELF, &usage)
        #else
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #endif
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        let microseconds = Int64(usage.ru_utime.tv_usec) + Int64(usage.ru_stime.tv_usec)
        return Double(seconds) + Double(microseconds) / 1e6
    }

    /// The second number of `/proc/self/statm`, in pages.
    static func residentBytes() -> Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(file, &buffer, buffer.count)
        guard count > 0 else { return nil }
        let fields = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
        return fields.count > 1 ? Int(fields[1]).map { $0 * Int(getpagesize()) } : nil
    }

    /// The entries of `/dev/fd`, less the folder itself while it is read.
    static func openDescriptors() -> Int? {
        guard let folder = opendir("/dev/fd") else { return nil }
        defer { closedir(folder) }
        var entries = 0
        while readdir(folder) != nil { entries += 1 }
        return entries - 3
    }
}
