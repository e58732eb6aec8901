import AWSCore
import Beacons

/// The contract's processing, for one worker.
struct Processor: Processing {
    private let messages: MessageProcessor

    /// - Parameters:
    ///   - layout: How events lie in the table.
    ///   - retention: How long items live; zero is for ever.
    init(layout: Layout, retention: Duration) {
        messages = MessageProcessor(layout: layout, retention: retention)
    }

    func process(_ message: SQSMessage, from: Int) -> Processed {
        messages.process(
            body: message.body, messageId: message.messageId, sentTimestamp: message.sentTimestamp,
            from: from)
    }

    func quarantine(_ message: SQSMessage, refused: [(item: Item, reason: String)]) -> [Item] {
        messages.quarantine(
            refused: refused, body: message.body, messageId: message.messageId, sentTimestamp: message.sentTimestamp)
    }
}
