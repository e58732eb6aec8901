import Channels
import Locking

/// The workers' processors. A worker needs one only while it processes, and no more do that at once than there are
/// cores: so there are as many as that, not one for each worker, each with some hundred kilobytes of buffers.
final class ProcessorPool: Sendable {
    /// A processor on its way between workers.
    private struct Idle: @unchecked Sendable {  // held by the pool or by one caller of `use`, never by both
        let processor: any Processing
    }

    private let make: @Sendable () -> any Processing
    private let idle = Guarded<[Idle]>([])

    init(make: @escaping @Sendable () -> any Processing) {
        self.make = make
    }

    /// Works with a processor that no one else uses meanwhile.
    func use<Result>(_ body: (any Processing) -> Result) -> Result {
        let processor = idle.withLock { $0.popLast() } ?? Idle(processor: make())
        defer { idle.withLock { $0.append(processor) } }
        return body(processor.processor)
    }
}
