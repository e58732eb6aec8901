import AWSCore

/// What the three batch operations of SQS have in common: their checks, and their answer's shape.
struct BatchEntries {
    /// The entries in order, with their ids.
    let entries: [(id: String, input: JSONValue)]

    /// - Throws: `ServiceError` where AWS refuses the whole batch.
    init(_ input: JSONValue) throws {
        let elements = try input.elements(named: "Entries")
        guard !elements.isEmpty else {
            throw ServiceError.sqs(
                .emptyBatchRequest, "There should be at least one entry in the request.")
        }
        guard elements.count <= 10 else {
            throw ServiceError.sqs(
                .tooManyEntriesInBatchRequest,
                "Maximum number of entries per request are 10. You have sent \(elements.count).")
        }
        var entries: [(String, JSONValue)] = []
        entries.reserveCapacity(elements.count)
        for element in elements {
            guard let id = element["Id"]?.string else { throw ServiceError.missingParameter("Id") }
            guard (1...80).contains(id.utf8.count), id.utf8.allSatisfy(SQSService.isNameCharacter) else {
                throw ServiceError.sqs(
                    .invalidBatchEntryId,
                    "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                        + "It can be at most 80 letters long.")
            }
            guard !entries.contains(where: { $0.0 == id }) else {
                throw ServiceError.sqs(.batchEntryIdsNotDistinct, "Id \(id) repeated.")
            }
            entries.append((id, element))
        }
        self.entries = entries
    }
}

/// Writes `Successful` and `Failed`.
struct BatchAnswer {
    private var failed: [(id: String, error: ServiceError)] = []
    private var json: JSONWriter

    init(capacity: Int) {
        json = JSONWriter(capacity: capacity)
        json.beginObject()
        json.key("Successful")
        json.beginArray()
    }

    mutating func succeed(_ id: String, _ members: (inout JSONWriter) -> Void = { _ in }) {
        json.beginObject()
        json.key("Id")
        json.string(id)
        members(&json)
        json.endObject()
    }

    mutating func fail(_ id: String, _ error: ServiceError) {
        failed.append((id, error))
    }

    /// The answer; `Failed` is left out where nothing failed, as AWS leaves it out.
    consuming func answer() -> Answer {
        json.endArray()
        if !failed.isEmpty {
            json.key("Failed")
            json.beginArray()
            for (id, error) in failed {
                json.beginObject()
                json.key("Id")
                json.string(id)
                // Entries carry the codes of the XML protocol.
                let parts = (error.queryError ?? "\(error.code);Sender").split(separator: ";")
                json.key("Code")
                json.string(parts[0])
                json.key("Message")
                json.string(error.message)
                json.key("SenderFault")
                json.bool(parts.last == "Sender")
                json.endObject()
            }
            json.endArray()
        }
        json.endObject()
        return Answer(json)
    }
}

extension ServiceError {
    /// What an injected failure of a batch entry says.
    static let entryFailed = ServiceError(
        status: 500, type: "com.amazonaws.sqs#InternalError",
        message: "We encountered an internal error. Please try again.", queryError: "InternalError;Receiver")
}
