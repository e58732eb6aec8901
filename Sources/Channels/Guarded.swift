#if canImport(Darwin)
    public import Synchronization

    /// State behind a lock. Darwin's `Mutex` is an unfair lock of a few nanoseconds.
    public typealias Guarded = Mutex
#else
    import Glibc

    /// State behind a pthread lock.
    ///
    /// On Linux `Synchronization.Mutex` hands over between contending threads through the kernel, tens of microseconds a
    /// message where a pthread lock takes one: channels are where threads contend. And ThreadSanitizer, which knows
    /// pthread's locks, does not see that one's, and reports races that are none.
    public struct Guarded<State>: ~Copyable, @unchecked Sendable {  // `mutex` guards what `state` points at
        private let mutex: UnsafeMutablePointer<pthread_mutex_t>
        private let state: UnsafeMutablePointer<State>

        /// - Parameter initial: The state to begin with.
        public init(_ initial: State) {
            mutex = .allocate(capacity: 1)
            state = .allocate(capacity: 1)
            state.initialize(to: initial)
            let status = pthread_mutex_init(mutex, nil)
            precondition(status == 0, "pthread_mutex_init failed with \(status)")
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
            state.deinitialize(count: 1)
            state.deallocate()
        }

        /// Works on the state alone.
        ///
        /// - Parameter body: The work: short, without callbacks, logs or I/O.
        /// - Returns: What `body` returns.
        public func withLock<Result>(_ body: (inout State) -> Result) -> Result {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return body(&state.pointee)
        }
    }
#endif
