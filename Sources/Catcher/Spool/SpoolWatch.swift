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

    /// What one round leaves to the next.
    struct Rounds {
        var isOpen = false
        var said: String?
        /// The queue's conditions that are shown.
        var shown: Set<String> = ["queue"]
        /// Rounds until a disk that has refused is tried again.
        var untilTrial = trialEvery
        fileprivate static let trialEvery = 20
    }

    /// Runs until the task is cancelled.
    ///
    /// - Parameter opened: Called once, when the spool is open.
    func run(opened: () -> Void) async {
        var rounds = Rounds()
        while !Task.isCancelled {
            await round(&rounds, opened)
            try? await Task.sleep(for: .milliseconds(250))
        }
    }

    /// Opens the spool if it is not open, tries a disk that refuses now and then, and shows what is.
    func round(_ rounds: inout Rounds, _ opened: () -> Void) async {
        if !rounds.isOpen {
            await open(&rounds)
            if rounds.isOpen { opened() }
        } else if case .broken? = spool.trouble {
            rounds.untilTrial -= 1
            if rounds.untilTrial <= 0 {
                rounds.untilTrial = Rounds.trialEvery
                await spool.tryAgain()
            }
        }
        show(&rounds.shown)
    }

    private func open(_ rounds: inout Rounds) async {
        do throws(SpoolError) {
            let back = try await spool.open()
            logger.notice("the spool is open", metadata: ["bytes": "\(spool.bytes)"])
            if back > 0 {
                logger.notice("messages that were set aside are tried again", metadata: ["messages": "\(back)"])
            }
            if spool.bytesAside > 0 {
                logger.error(
                    "messages that were set aside cannot be put back; they are kept",
                    metadata: ["bytes": "\(spool.bytesAside)"])
            }
            rounds.isOpen = true
        } catch {
            if rounds.said != "\(error)" {
                logger.error("the spool does not open; trying on", metadata: ["reason": "\(error)"])
            }
            rounds.said = "\(error)"
        }
    }

    private func show(_ shown: inout Set<String>) {
        let trouble = spool.trouble
        let isReady = queue.isReady || trouble == nil
        let failures = isReady ? [:] : queue.failures
        for condition in shown where failures[condition] == nil { readiness.meet(condition) }
        for (condition, reason) in failures { readiness.fail(condition, because: reason) }
        shown = Set(failures.keys)
        if !isReady, let trouble { readiness.fail("spool", because: "\(trouble)") } else { readiness.meet("spool") }
    }
}
