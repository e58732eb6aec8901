#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What the demo runs on this machine: where the executables are, on which ports they listen, with what environment.
struct LocalSetup: Sendable {
    /// The folder with `demo`, `catcher` and `worker`.
    let folder: String
    let ministack: String
    /// Added to every port.
    let portOffset: Int
    /// The demo's own environment.
    let environment: [String: String]

    var awsPort: Int { 4566 + portOffset }
    var catcherPort: Int { 7001 + portOffset }
    var catcherAdminPort: Int { 7002 + portOffset }
    var workerAdminPort: Int { 7003 + portOffset }

    var demo: String { "\(folder)/demo" }
    var catcher: [String] {
        [
            "\(folder)/catcher", "serve", "--listen", "127.0.0.1:\(catcherPort)", "--admin",
            "127.0.0.1:\(catcherAdminPort)", "--queue", Self.queue,
        ]
    }
    var worker: [String] {
        [
            "\(folder)/worker", "run", "--admin", "127.0.0.1:\(workerAdminPort)", "--queue", Self.queue, "--table",
            Self.table,
        ]
    }
    var workerSetup: [String] {
        ["\(folder)/worker", "setup", "--queue", Self.queue, "--table", Self.table]
    }

    static let queue = "beacons"
    static let table = "beacons"

    /// What is missing or in the way, a sentence each.
    func obstacles(isFree: (Int) -> Bool = isPortFree, isExecutable: (String) -> Bool = isExecutableFile) -> [String] {
        var obstacles: [String] = []
        for name in ["catcher", "worker"] where !isExecutable("\(folder)/\(name)") {
            obstacles.append("\(folder)/\(name) is missing: build it with `make build`, then run `make run`")
        }
        if !isExecutable(ministack) {
            obstacles.append("\(ministack), the local AWS, is missing: `make run` installs it")
        }
        for (port, user) in [
            (awsPort, "the local AWS"), (catcherPort, "the catcher"),
            (catcherAdminPort, "the catcher's admin listener"),
            (workerAdminPort, "the worker's admin listener"),
        ] where !isFree(port) {
            obstacles.append(
                "port \(port), for \(user), is in use: stop what listens there (`ss -ltnp` names it), or add to every "
                    + "port with DEMO_PORT_OFFSET=1000")
        }
        return obstacles
    }

    /// The environment of catcher and worker: credentials that mean nothing, and everything of AWS on this machine.
    var awsEnvironment: [String: String] {
        var variables = commonEnvironment
        // Whoever tunes a server by its own variables means it here too.
        for (name, value) in environment
        where ["CATCHER_", "WORKER_", "LOG_"].contains(where: { name.hasPrefix($0) }) {
            variables[name] = value
        }
        variables["AWS_ACCESS_KEY_ID"] = "test"
        variables["AWS_SECRET_ACCESS_KEY"] = "test"
        variables["AWS_REGION"] = "us-east-1"
        variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:\(awsPort)"
        variables["AWS_CONFIG_FILE"] = "/dev/null"
        variables["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
        return variables
    }

    /// The environment of ministack.
    var ministackEnvironment: [String: String] {
        var variables = commonEnvironment
        variables["GATEWAY_PORT"] = "\(awsPort)"
        variables["BIND_HOST"] = "127.0.0.1"
        variables["SERVICES"] = "sqs,dynamodb"
        variables["LOG_LEVEL"] = "WARNING"
        return variables
    }

    private var commonEnvironment: [String: String] {
        environment.filter { ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"].contains($0.key) }
    }
}

/// Whether a port of 127.0.0.1 can be listened on.
func isPortFree(_ port: Int) -> Bool {
    #if canImport(Darwin)
        let kind = SOCK_STREAM
    #else
        let kind = Int32(SOCK_STREAM.rawValue)
    #endif
    let descriptor = socket(AF_INET, kind, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // As the servers do: connections of a run before, waiting for their last packets, are not in the way.
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 && listen(descriptor, 1) == 0
        }
    }
}

/// Whether a file can be run.
func isExecutableFile(_ path: String) -> Bool {
    access(path, X_OK) == 0
}

/// The folder of this process's own executable.
func ownFolder() -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    #if canImport(Darwin)
        var size = UInt32(buffer.count)
        let length = _NSGetExecutablePath(&buffer, &size) == 0 ? strlen(buffer) : 0
    #else
        let length = max(0, readlink("/proc/self/exe", &buffer, buffer.count - 1))
    #endif
    let path = String(decoding: buffer[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
}
