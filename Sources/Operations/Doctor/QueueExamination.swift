import AWSCore

/// Looks at a queue without putting anything on it, taking anything from it or changing it.
struct QueueExamination {
    let client: AWSClient
    let name: String
    let uses: Set<Doctor.QueueUse>

    func findings() async -> [DoctorFinding] {
        let sqs = SQSClient(client)
        let subject = "queue \(name)"
        let url: String
        do {
            url = name.contains("://") ? name : try await sqs.getQueueURL(name: name)
        } catch {
            return [failure(subject, error, "sqs:GetQueueUrl")]
        }
        var findings: [DoctorFinding] = []
        do {
            findings.append(Self.settings(subject, url, try await sqs.getQueueAttributes(queueURL: url)))
        } catch  where error.category == .refused && !error.isAuthentication {
            findings.append(
                DoctorFinding(
                    subject, .warning, "its settings cannot be read: \(error)", advice: "allow sqs:GetQueueAttributes"))
        } catch {
            return [failure(subject, error, "sqs:GetQueueAttributes")]
        }
        for use in Doctor.QueueUse.allCases where uses.contains(use) {
            findings.append(await permission(use, sqs, url))
        }
        return findings
    }

    private func permission(_ use: Doctor.QueueUse, _ sqs: SQSClient, _ url: String) async -> DoctorFinding {
        do {
            switch use {
            case .delete:
                // No message has this handle: where it is allowed, this one entry fails and nothing happens.
                _ = try await sqs.deleteMessageBatch(queueURL: url, receiptHandles: ["doctor"])
                return DoctorFinding(use.rawValue, .good, "allowed")
            case .changeVisibility:
                _ = try await sqs.changeMessageVisibilityBatch(
                    queueURL: url, entries: [(receiptHandle: "doctor", visibilityTimeout: .zero)])
                return DoctorFinding(use.rawValue, .good, "allowed")
            case .send:
                _ = try await client.call("SendMessageBatch", body: Self.emptyBatch(url))
            case .receive:
                _ = try await client.call("ReceiveMessage", body: Self.receiveOfNothing(url))
            }
        } catch {
            switch error.category {
            case .refused, .missing, .unreachable: return failure(use.rawValue, error, use.rawValue)
            case .throttled: return DoctorFinding(use.rawValue, .unknown, "\(error)")
            case .invalid where use == .delete || use == .changeVisibility:
                return DoctorFinding(use.rawValue, .good, "allowed")
            case .invalid: break
            }
        }
        // AWS does not say that it looks at permissions before it looks at what is asked.
        return DoctorFinding(
            use.rawValue, .unknown,
            "an empty request was not refused; only a \(use == .send ? "message" : "receive") tells")
    }

    private func failure(_ subject: String, _ error: AWSError, _ permission: String) -> DoctorFinding {
        .failure(subject, error, missing: "create it with `worker setup`", permission: permission)
    }

    /// A queue's settings that matter here.
    static func settings(_ subject: String, _ url: String, _ attributes: [String: String]) -> DoctorFinding {
        var warnings: [String] = []
        let visibility = attributes["VisibilityTimeout"].flatMap { Int($0) }
        if let visibility, visibility < 30 {
            warnings.append("visibility is short: at least 30 s leave time to extend it")
        }
        if attributes["RedrivePolicy"] == nil {
            warnings.append("no dead-letter queue: a message that always fails comes back until it expires")
        }
        let wait = attributes["ReceiveMessageWaitTimeSeconds"] ?? "0"
        if wait == "0" { warnings.append("no long poll by default: receivers that do not ask for one cost more") }
        let parts = [
            url, visibility.map { "visibility \($0) s" }, "long poll \(wait) s",
            attributes["MaximumMessageSize"].map { "messages up to \($0) B" },
            attributes["MessageRetentionPeriod"].flatMap { Int($0) }.map { "kept \($0 / 86_400) days" },
            attributes["ApproximateNumberOfMessages"].map { "about \($0) waiting" },
            attributes["ApproximateNumberOfMessagesNotVisible"].map { "\($0) in flight" },
            attributes["RedrivePolicy"].map(redrive),
        ]
        return DoctorFinding(
            subject, warnings.isEmpty ? .good : .warning, parts.compactMap { $0 }.joined(separator: ", "),
            advice: warnings.isEmpty ? nil : warnings.joined(separator: "; "))
    }

    /// Where messages go that come back too often, in words.
    private static func redrive(_ policy: String) -> String {
        let read = try? JSONParser().parse(Array(policy.utf8)) { root -> String? in
            guard let arn = root["deadLetterTargetArn"]?.string, let name = arn.split(separator: ":").last else {
                return nil
            }
            // A string or a number: AWS takes both and gives either back.
            let count = root["maxReceiveCount"]
            guard let receives = count?.integer.map({ "\($0)" }) ?? count?.string else { return nil }
            return "redrive to \(name) after \(receives) receives"
        }
        return (read ?? nil) ?? "redrive \(policy)"
    }

    private static func emptyBatch(_ url: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("QueueUrl")
        writer.string(url)
        writer.key("Entries")
        writer.beginArray()
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    /// A receive of no messages, which SQS refuses; an imitation of it that does not hides nothing.
    private static func receiveOfNothing(_ url: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("QueueUrl")
        writer.string(url)
        writer.key("MaxNumberOfMessages")
        writer.integer(0)
        // Where it is not refused, the queue's own long poll would outlast the examination.
        writer.key("WaitTimeSeconds")
        writer.integer(0)
        writer.key("VisibilityTimeout")
        writer.integer(0)
        writer.endObject()
        return writer.bytes
    }
}
