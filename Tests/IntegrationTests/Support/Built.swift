import Operations

@testable import Demo

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// What the tests run: the executables of the same build, beside the tests' own bundle.
enum Built {
    /// The folder of the build.
    static let folder: String = {
        var folder = ownImageFolder()
        // On macOS the bundle's code lies a few folders below.
        while !folder.isEmpty, !isExecutableFile("\(folder)/catcher") {
            folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        }
        return folder
    }()

    /// An executable of the project.
    ///
    /// - Parameter name: Its product's name.
    /// - Returns: Its path.
    /// - Throws: ``Obstacle`` where it is not built.
    static func executable(_ name: String) throws -> String {
        let path = "\(folder)/\(name)"
        guard isExecutableFile(path) else {
            throw Obstacle(
                "\(name) is not built beside the tests (\(ownImageFolder())): run `swift build --build-tests`")
        }
        return path
    }

    /// The local AWS.
    static func ministack() throws -> String {
        let environment = ProcessEnvironment.all()
        let path = environment["BEACON_MINISTACK"].flatMap { $0.isEmpty ? nil : $0 } ?? ".venv/bin/ministack"
        guard isExecutableFile(path) else {
            throw Obstacle("\(path), the local AWS, is missing: run `make setup`")
        }
        return path
    }

    /// A folder for what servers write, in the build's own; kept afterwards, to be read when a test has failed.
    static func logFolder(_ name: String) throws -> String {
        let parent = "\(folder)/test-logs"
        mkdir(parent, 0o755)
        let path = "\(parent)/\(name)"
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
            throw Obstacle("\(path) cannot be made: \(String(cString: strerror(errno)))")
        }
        return path
    }

    /// A port of 127.0.0.1 that nobody listens on, from those that no outgoing connection is given: a server that is
    /// killed finds its port free again.
    static func freePort() throws -> Int {
        for _ in 0..<1000 {
            let port = Int.random(in: 10_000..<32_000)
            if isPortFree(port) { return port }
        }
        throw Obstacle("no port of 127.0.0.1 is free")
    }

    private static func ownImageFolder() -> String {
        #if canImport(Darwin)
            var information = Dl_info()
            guard dladdr(#dsohandle, &information) != 0, let name = information.dli_fname else { return ownFolder() }
            let path = String(cString: name)
            return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        #else
            return ownFolder()
        #endif
    }
}

/// Why a test cannot go on, for a person.
struct Obstacle: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
