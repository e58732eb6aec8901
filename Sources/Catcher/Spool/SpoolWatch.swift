import Logging
import Operations

/// Opens the spool, for as long as it takes, and shows in readiness whether beacons can be acknowledged: by the queue,
/// or by the spool.
struct SpoolWatch {
    let spool: SQLiteSpool
    /// Whether the queue takes beacons.
    let queue: Readiness
    /// What the process shows.
    let readiness: Readiness
    let logger: Logger

    /// Runs until the task is cancelled.
    ///
    /// - Parameter opened: Called once, when the spool is open.
    func run(opened: () -> Void) async {
        var isOpen = false
        var said: String?
        while !Task.isCancelled {
            if !isOpen {
                do throws(SpoolError) {
                    try await spool.open()
                    logger.notice("the spool is open", metadata: ["bytes": "\(spool.bytes)"])
                    isOpen = true
                    opened()
                } catch {
                    if said != "\(error)" {
                        logger.error("the spool does not open; trying on", metadata: ["reason": "\(error)"])
                    }
                    said = "\(error)"
                }
            }
            show()
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    private func show() {
        let trouble = spool.trouble
        if queue.isReady || trouble == nil {
            readiness.meet("queue")
            readiness.meet("spool")
            return
        }
        for (condition, reason) in queue.failures { readiness.fail(condition, because: reason) }
        if let trouble { readiness.fail("spool", because: "\(trouble)") }
    }
}
