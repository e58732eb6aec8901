import AWSCore

/// Makes the queue and its dead-letter queue where they are missing; leaves alone what is there.
struct QueueSetup: Sendable {
    /// Messages wait for two weeks, the longest SQS keeps them.
    static let retention = Duration.seconds(14 * 86_400)
    /// A receive waits that long for a message unless it says otherwise.
    static let longPoll = Duration.seconds(20)
    /// A received message is hidden that long; workers extend it.
    static let visibility = Duration.seconds(60)
    /// A message that was received so often goes to the dead-letter queue.
    static let maxReceives = 20

    let client: SQSClient
    let name: String

    /// - Parameters:
    ///   - nameOrURL: The queue's name or URL.
    ///   - client: A client of SQS.
    init(_ nameOrURL: String, client: SQSClient) {
        self.client = client
        name = nameOrURL.split(separator: "/").last.map(String.init) ?? nameOrURL
    }

    var deadLetterName: String { "\(name)-dead" }

    /// - Returns: What was found or done, dead-letter queue first.
    func run() async throws(AWSError) -> [Finding] {
        let (deadLetterURL, deadLetters) = try await prepare(
            "dead-letter queue", deadLetterName,
            [Attribute("MessageRetentionPeriod", "\(Self.retention.components.seconds)", "retention", "14 days")])
        let arn = try await client.getQueueAttributes(queueURL: deadLetterURL, names: ["QueueArn"])["QueueArn"] ?? ""
        let redrive = #"{"deadLetterTargetArn":"\#(arn)","maxReceiveCount":\#(Self.maxReceives)}"#
        let (_, queue) = try await prepare(
            "queue", name,
            [
                Attribute("MessageRetentionPeriod", "\(Self.retention.components.seconds)", "retention", "14 days"),
                Attribute(
                    "ReceiveMessageWaitTimeSeconds", "\(Self.longPoll.components.seconds)", "long poll", "20 s"),
                Attribute("VisibilityTimeout", "\(Self.visibility.components.seconds)", "visibility", "60 s"),
                Attribute(
                    "RedrivePolicy", redrive, "redrive", "to \(deadLetterName) after \(Self.maxReceives) receives"),
            ])
        return [deadLetters, queue]
    }

    /// One attribute as it should be, for SQS and for a person.
    private struct Attribute {
        let name: String
        let value: String
        let title: String
        let text: String

        init(_ name: String, _ value: String, _ title: String, _ text: String) {
            self.name = name
            self.value = value
            self.title = title
            self.text = text
        }

        func difference(from actual: String?) -> String? {
            guard let actual, !actual.isEmpty else { return "no \(title) is set, it should be \(text)" }
            let isEqual =
                name == "RedrivePolicy" ? RedrivePolicy(actual) == RedrivePolicy(value) : actual == value
            return isEqual ? nil : "\(title) is \(actual), it should be \(text)"
        }
    }

    private func prepare(
        _ kind: String, _ name: String, _ attributes: [Attribute]
    ) async throws(AWSError) -> (url: String, Finding) {
        let details = attributes.map { "\($0.title) \($0.text)" }.joined(separator: ", ")
        let subject = "\(kind) \(name)"
        do throws(AWSError) {
            let url = try await client.getQueueURL(name: name)
            let actual = try await client.getQueueAttributes(queueURL: url, names: attributes.map(\.name))
            let differences = attributes.compactMap { $0.difference(from: actual[$0.name]) }
            return (url, Finding(subject: subject, state: .existed(differences: differences), details: details))
        } catch {
            guard error.category == .missing else { throw error }
            let wanted = Dictionary(attributes.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
            let url = try await client.createQueue(name: name, attributes: wanted)
            return (url, Finding(subject: subject, state: .created, details: details))
        }
    }
}

/// A redrive policy, whose JSON may be spelled in several ways.
private struct RedrivePolicy: Equatable {
    let target: String?
    let maxReceives: Int?

    init?(_ json: String) {
        let policy = try? JSONParser().parse(Array(json.utf8)) { root in
            // SQS gives the number as it was given to it: a number or a string.
            (
                root["deadLetterTargetArn"]?.string,
                root["maxReceiveCount"].flatMap { count in
                    count.integer.map { Int($0) } ?? count.string.flatMap { Int($0) }
                }
            )
        }
        guard let policy else { return nil }
        (target, maxReceives) = policy
    }
}
