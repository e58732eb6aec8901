import AWSCore
import Beacons

/// One bounded pass over the queue that changes nothing: receives, processes, prints the items, gives the messages back.
struct DryRun: Sendable {
    /// What was seen.
    struct Outcome: Sendable, Hashable {
        var messages = 0
        var items = 0
        var events = 0
        var quarantinedEvents = 0
        /// Messages that could not be read.
        var unreadable = 0
        /// Messages of a version that a newer worker reads.
        var unknown = 0
    }

    /// The most messages of a pass, and the most bytes: all stay in hand until its end, so that none comes twice.
    static let maxMessages = 100
    static let maxBytes = ByteCount.mebibytes(8)

    let queue: any MessageQueue
    let processors: ProcessorPool
    /// Takes one item's JSON.
    let print: @Sendable ([UInt8]) -> Void

    /// Makes the pass.
    ///
    /// - Returns: What was seen.
    /// - Throws: `AWSError` where the queue cannot be received from.
    func run() async throws(AWSError) -> Outcome {
        var outcome = Outcome()
        var handles: [String: String] = [:]
        var bytes = 0
        do throws(AWSError) {
            while handles.count < Self.maxMessages, bytes < Self.maxBytes.bytes {
                let limit = min(sqsMaxBatchEntries, Self.maxMessages - handles.count)
                let messages = try await queue.receive(upTo: limit, wait: .seconds(1))
                if messages.isEmpty { break }
                for message in messages {
                    bytes += message.body.count
                    let isNew = handles.updateValue(message.receiptHandle, forKey: message.messageId) == nil
                    if isNew { count(message, &outcome) }
                }
            }
        } catch {
            await giveBack(Array(handles.values))
            throw error
        }
        await giveBack(Array(handles.values))
        return outcome
    }

    private func count(_ message: SQSMessage, _ outcome: inout Outcome) {
        outcome.messages += 1
        var last = ProcessedMessage()
        var next: Int? = 0
        while let from = next {
            guard case .items(let slice) = processors.use({ $0.process(message, from: from) }) else {
                outcome.unknown += 1
                return
            }
            outcome.items += slice.items.count
            for item in slice.items { print(item.json) }
            last = slice
            next = slice.next
        }
        outcome.events += last.storedEvents
        outcome.quarantinedEvents += last.quarantinedEvents
        if last.isUnreadable { outcome.unreadable += 1 }
    }

    private func giveBack(_ handles: [String]) async {
        var rest = handles[...]
        while !rest.isEmpty {
            _ = try? await queue.hide(rest.prefix(sqsMaxBatchEntries).map { ($0, .zero) })
            rest = rest.dropFirst(sqsMaxBatchEntries)
        }
    }
}
