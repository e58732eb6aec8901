import AWSCore
import NIOCore

/// One request on its way through a service: what it asks, when it came, and what is to befall it.
struct Call {
    let operation: Operation
    let now: Timestamp
    let plan: FaultPlan
    /// The request's `Host`, for queue URLs.
    let host: String
    let loop: LoopContext
    let eventLoop: any EventLoop
}
