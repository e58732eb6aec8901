import AWSCore
import Logging

/// A call to the queue with messages of the spool.
struct SpoolCall: Sendable {
    /// What became of them.
    struct Outcome: Sendable {
        /// Those that the queue has taken.
        var taken: [SpoolPlace] = []
        /// Those that are to be sent again.
        var left: [SpoolPlace] = []
        /// Those that the disk does not give.
        var unreadable: [SpoolPlace] = []
        /// Whether the queue has taken something, or said of something that it never will.
        var isQueueThere = false
        /// Whether the queue did not take something that it should.
        var isQueueFailing = false
        /// What the disk refuses.
        var diskError: SpoolError?
    }

    let spool: any Spool
    let sink: any MessageSink
    let metrics: CatcherMetrics
    let logger: Logger

    /// Sends messages.
    ///
    /// - Parameter claimed: Their places, in order; what is not there any more is forgotten.
    /// - Returns: What became of them.
    func send(_ claimed: [SpoolPlace]) async -> Outcome {
        var outcome = Outcome()
        let found = await read(claimed, &outcome)
        if found.isEmpty { return outcome }
        for ((place, message), answer) in zip(found, await sink.send(found.map(\.message))) {
            switch answer {
            case .accepted:
                outcome.taken.append(place)
                outcome.isQueueThere = true
            case .failed, .cutOff:
                outcome.left.append(place)
                outcome.isQueueFailing = true
            case .refused(let reason):
                outcome.isQueueThere = true
                await setAside(message, place, reason, &outcome)
            }
        }
        return outcome
    }

    private func read(_ claimed: [SpoolPlace], _ outcome: inout Outcome) async -> [SpooledMessage] {
        let error: SpoolError
        do throws(SpoolError) {
            let found = try await spool.read(claimed)
            // What did not fit into the call.
            if let last = found.last { outcome.left = claimed.filter { $0 > last.place } }
            return found
        } catch let failure {
            error = failure
        }
        // One damaged page must not hold up what is whole beside it.
        outcome.diskError = error
        var found: [SpooledMessage] = []
        var size = 0
        for (index, place) in claimed.enumerated() {
            do throws(SpoolError) {
                guard let message = try await spool.read([place]).first else { continue }
                size += message.message.bytes.count
                if size > sqsMaxBatchSize.bytes {
                    outcome.left = Array(claimed[index...])
                    break
                }
                found.append(message)
            } catch {
                outcome.unreadable.append(place)
            }
        }
        return found
    }

    private func setAside(
        _ message: PackedMessage, _ place: SpoolPlace, _ reason: String, _ outcome: inout Outcome
    ) async {
        do throws(SpoolError) {
            try await spool.setAside(message, from: place, because: reason)
            metrics.countRefusedMessage()
            logger.error(
                "the queue refuses a spooled message for good; it is set aside",
                metadata: ["message": "\(message.id)", "reason": "\(reason)"])
        } catch {
            outcome.left.append(place)
            outcome.diskError = error
        }
    }
}
