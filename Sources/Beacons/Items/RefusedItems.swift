public import AWSCore

extension MessageProcessor {
    /// Makes the quarantine of items that the table refuses for what they are, so that the message can be deleted.
    ///
    /// Of an event it is the envelope's entry that the event is of, under the entry's own key; where the message has
    /// that entry in quarantine already, its reasons stand before the new ones. Of another item it is the message,
    /// whole, as of one that cannot be read: processed again, it makes the same items.
    ///
    /// - Parameters:
    ///   - refused: The items, of whichever slices, as ``process(body:messageId:sentTimestamp:from:)`` made them of the
    ///     message, or without their JSON, and what the table said of each.
    ///   - body: The message's bytes.
    ///   - messageId: SQS's MessageId.
    ///   - sentTimestamp: SQS's SentTimestamp.
    /// - Returns: The items to write; none only if nothing is refused.
    public func quarantine(
        refused: [(item: Item, reason: String)], body: [UInt8], messageId: String, sentTimestamp: Timestamp?
    ) -> [Item] {
        var entries: [Int: String] = [:]
        var whole: [String] = []
        for (item, reason) in refused {
            let said = "\(item.partitionKey) \(item.sortKey): refused by the table: \(reason)"
            if item.kind == .event, let beacon = item.beacon {
                entries[beacon] = entries[beacon].map { "\($0); \(said)" } ?? said
            } else {
                whole.append(said)
            }
        }
        var items = entryItems(entries, body)
        if items.isEmpty && !entries.isEmpty { whole += entries.values.sorted() }
        if !whole.isEmpty {
            items += quarantineWhole(
                body, messageId: messageId, sentTimestamp: sentTimestamp, reason: whole.joined(separator: "; "))
        }
        return items
    }

    /// The quarantine of entries; none if the message cannot be read, which then made no events either.
    private func entryItems(_ reasons: [Int: String], _ body: [UInt8]) -> [Item] {
        if reasons.isEmpty { return [] }
        var before: [Int: String] = [:]
        var next: Int? = 0
        while let from = next {
            guard case .items(let message) = process(body: body, messageId: "", sentTimestamp: nil, from: from),
                !message.isUnreadable
            else { return [] }
            before.merge(reasonsGiven(in: message.items)) { first, _ in first }
            next = message.next
        }
        let joined = reasons.map { beacon, reason in
            (beacon: beacon, reason: Quarantine.bounded(before[beacon].map { "\($0); \(reason)" } ?? reason))
        }
        return quarantineEntries(joined.sorted { $0.beacon < $1.beacon }, of: body)
    }

    /// Why entries were refused, by their positions.
    private func reasonsGiven(in items: [Item]) -> [Int: String] {
        let reader = JSONParser()
        var reasons: [Int: String] = [:]
        for item in items where item.kind == .quarantine {
            guard let beacon = item.beacon else { continue }
            reasons[beacon] = try? reader.parse(item.json) { $0["reason"]?["S"]?.string }
        }
        return reasons
    }
}
