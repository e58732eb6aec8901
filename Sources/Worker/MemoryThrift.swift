#if canImport(Glibc)
    import Glibc
#endif

/// Keeps the C library from holding on to freed memory.
///
/// glibc gives each thread a heap of its own, and raises, after the first large block is freed, what a block must have
/// to be given back to the system. The worker's blocks are large (answers, bodies, requests) and live for
/// milliseconds on whatever thread is at hand, so that each heap would come to hold the largest of everything: with
/// two heaps and fixed thresholds the peak is a third less, at no cost in time that could be measured.
enum MemoryThrift {
    /// Called first of all.
    static func begin() {
        #if canImport(Glibc)
            // The C library's header is not part of the module that Swift sees; other C libraries lack the function.
            guard let symbol = dlsym(nil, "mallopt") else { return }
            let mallopt = unsafeBitCast(symbol, to: (@convention(c) (Int32, Int32) -> Int32).self)
            // The parameters' numbers and meanings: mallopt(3).
            let (trimThreshold, mmapThreshold, arenaMax) = (Int32(-1), Int32(-3), Int32(-8))
            _ = mallopt(arenaMax, 2)
            _ = mallopt(mmapThreshold, 256 << 10)
            _ = mallopt(trimThreshold, 1 << 20)
        #endif
    }
}
