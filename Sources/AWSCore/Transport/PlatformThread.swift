#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// A POSIX thread, for what must not sit on a dispatch queue because it sleeps in a system call.
enum PlatformThread {
    /// Starts a detached thread.
    ///
    /// - Parameter body: What it runs; the thread ends with it.
    static func start(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(run: body)).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let status = pthread_create(
                &thread, nil,
                { context in
                    Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, box)
            if let thread { pthread_detach(thread) }
        #else
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { context in
                    if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                    return nil
                }, box)
            if status == 0 { pthread_detach(thread) }
        #endif
        precondition(status == 0, "no thread could be started: error \(status)")
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}
