public import AWSCore

/// Turns messages into items: a pure function of the message, the layout and the retention, of which the processor
/// only holds the buffers. Same bytes in, same items out; no clock, no host, no count of receives.
///
/// Not for concurrent use: one for each worker.
public final class MessageProcessor {
    private let parser = JSONParser(maxDepth: Envelope.messageDepth)
    private var reader: MessageReader

    /// - Parameters:
    ///   - layout: How events lie in the table.
    ///   - retention: How long items are kept, to the second; zero for ever, without `ttl`.
    ///   - sliceBytes: After how many bytes of items a slice ends. A message of 1 MiB that means no harm has fewer.
    public init(layout: Layout, retention: Duration, sliceBytes: ByteCount = .mebibytes(4)) {
        reader = MessageReader(layout: layout, retention: retention, sliceBytes: sliceBytes)
    }

    /// Processes a message. It always comes to items, of which some may be quarantine, or is of an unknown version.
    ///
    /// - Parameters:
    ///   - body: The message's bytes. With `JSONParser.padding` bytes of spare capacity they are not copied.
    ///   - messageId: SQS's MessageId: the id of a message that cannot be read.
    ///   - sentTimestamp: SQS's SentTimestamp: the arrival of a message that cannot be read. Without it the arrival
    ///     is 1970 and the quarantined message has no `ttl`, so that it is not dropped at once.
    ///   - from: The number of the slice's first item: 0, then ``ProcessedMessage/next`` until that is `nil`.
    /// - Returns: Its items, a slice of them, or that a newer worker must read it.
    public func process(body: [UInt8], messageId: String, sentTimestamp: Timestamp?, from: Int) -> Processed {
        let isPadded = body.capacity - body.count >= JSONParser.padding
        return body.withUnsafeBytes { bytes in
            let reason: String
            do {
                return try parser.parse(bytes, padded: isPadded) { root in
                    try reader.read(root, of: bytes, from: from)
                }
            } catch let unreadable as Unreadable {
                reason = unreadable.reason
            } catch let error as JSONError {
                reason = error.rawValue
            } catch {
                reason = "\(error)"
            }
            return .items(reader.quarantine(bytes, as: messageId, sentAt: sentTimestamp, because: reason))
        }
    }

    /// Quarantines a message as one that cannot be read.
    func quarantineWhole(
        _ body: [UInt8], messageId: String, sentTimestamp: Timestamp?, reason: String
    ) -> [Item] {
        body.withUnsafeBytes {
            reader.quarantine($0, as: messageId, sentAt: sentTimestamp, because: Quarantine.bounded(reason)).items
        }
    }

    /// Quarantines entries of a message that can be read, in ascending order.
    func quarantineEntries(_ entries: [(beacon: Int, reason: String)], of body: [UInt8]) -> [Item] {
        body.withUnsafeBytes { bytes in
            let items = try? parser.parse(bytes) { root in reader.quarantine(entries, of: bytes, root) }
            return items ?? []
        }
    }
}
