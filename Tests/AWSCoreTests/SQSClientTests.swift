import AWSCore
import Testing

@Suite("SQS")
struct SQSClientTests {
    private let url = "http://127.0.0.1:1/1/q"

    private func sent(_ transport: ScriptedTransport) -> String {
        String(decoding: transport.requests.last?.body ?? [], as: UTF8.self)
    }

    @Test("SendMessageBatch sends bodies as strings, and tells each one's fate by position")
    func send() async throws {
        let answer = """
            {"Successful":[{"Id":"2","MessageId":"m2","MD5OfMessageBody":"900150983cd24fb0d6963f7d28e17f72"},
             {"Id":"0","MessageId":"m0","MD5OfMessageBody":"00000000000000000000000000000000"}],
             "Failed":[{"Id":"1","Code":"InternalError","Message":"no","SenderFault":false}]}
            """
        let transport = ScriptedTransport([.json(200, answer)])
        let client = SQSClient(scriptedClient(.sqs, transport))
        let bodies = [#"{"a":"é"}"#, "b", "abc", "d"].map { Array($0.utf8) }
        let outcome = try await client.sendMessageBatch(queueURL: url, bodies: bodies)
        #expect(
            sent(transport)
                == #"{"QueueUrl":"\#(url)","Entries":[{"Id":"0","MessageBody":"{\"a\":\"é\"}"},"#
                + #"{"Id":"1","MessageBody":"b"},{"Id":"2","MessageBody":"abc"},{"Id":"3","MessageBody":"d"}]}"#)
        #expect(throws: BatchEntryError.self, "a wrong MD5") { try outcome[0].get() }
        #expect(outcome[1] == .failure(BatchEntryError(code: "InternalError", message: "no", senderFault: false)))
        #expect(outcome[2] == .success("m2"))
        #expect(throws: BatchEntryError.self, "an entry that the answer leaves out") { try outcome[3].get() }
    }

    @Test("ReceiveMessage asks for what was asked, and drops a message whose MD5 is wrong")
    func receive() async throws {
        let answer = """
            {"Messages":[{"MessageId":"m1","ReceiptHandle":"r1","Body":"abc","MD5OfBody":"900150983cd24fb0d6963f7d28e17f72",
             "Attributes":{"SentTimestamp":"1790000000123","ApproximateReceiveCount":"3"}},
             {"MessageId":"m2","ReceiptHandle":"r2","Body":"abd","MD5OfBody":"900150983cd24fb0d6963f7d28e17f72"}]}
            """
        let transport = ScriptedTransport([.json(200, answer), .json(200, "{}")])
        let client = SQSClient(scriptedClient(.sqs, transport))
        let messages = try await client.receiveMessage(
            queueURL: url, maxNumberOfMessages: 7, waitTime: .seconds(20), visibilityTimeout: .seconds(30))
        let message = try #require(messages.first)
        #expect(messages.count == 1)
        #expect(message.messageId == "m1" && message.receiptHandle == "r1" && message.receiveCount == 3)
        #expect(message.body == Array("abc".utf8))
        #expect(message.body.capacity >= message.body.count + JSONParser.padding)
        #expect(message.sentTimestamp == Timestamp(milliseconds: 1_790_000_000_123))
        #expect(sent(transport).contains(#""MaxNumberOfMessages":7,"WaitTimeSeconds":20,"VisibilityTimeout":30"#))
        let request = try #require(transport.requests.first)
        #expect(request.timeout == .seconds(30), "the wait comes on top of an attempt's time")
        #expect(try await client.receiveMessage(queueURL: url).isEmpty)
    }

    @Test("DeleteMessageBatch and ChangeMessageVisibilityBatch tell each entry's fate")
    func batches() async throws {
        let answer =
            #"{"Successful":[{"Id":"1"}],"Failed":[{"Id":"0","Code":"ReceiptHandleIsInvalid","SenderFault":true}]}"#
        let transport = ScriptedTransport([.json(200, answer), .json(200, answer)])
        let client = SQSClient(scriptedClient(.sqs, transport))
        let deleted = try await client.deleteMessageBatch(queueURL: url, receiptHandles: ["a", "b"])
        #expect(deleted.map { $0?.code } == ["ReceiptHandleIsInvalid", nil])
        #expect(sent(transport).hasSuffix(#"[{"Id":"0","ReceiptHandle":"a"},{"Id":"1","ReceiptHandle":"b"}]}"#))
        let changed = try await client.changeMessageVisibilityBatch(
            queueURL: url, entries: [("a", .seconds(0)), ("b", .seconds(60))])
        #expect(changed.map { $0?.senderFault } == [true, nil])
        #expect(sent(transport).contains(#"{"Id":"1","ReceiptHandle":"b","VisibilityTimeout":60}"#))
    }

    @Test("queues are made, found, read and changed")
    func queues() async throws {
        let transport = ScriptedTransport([
            .json(200, #"{"QueueUrl":"u1"}"#), .json(200, #"{"QueueUrl":"u2"}"#),
            .json(200, #"{"Attributes":{"VisibilityTimeout":"60"}}"#), .json(200, ""), .json(200, "{}"),
        ])
        let client = SQSClient(scriptedClient(.sqs, transport))
        #expect(try await client.createQueue(name: "q", attributes: ["B": "2", "A": "1"]) == "u1")
        #expect(sent(transport) == #"{"QueueName":"q","Attributes":{"A":"1","B":"2"}}"#)
        #expect(try await client.getQueueURL(name: "q") == "u2")
        #expect(try await client.getQueueAttributes(queueURL: "u2") == ["VisibilityTimeout": "60"])
        try await client.setQueueAttributes(queueURL: "u2", attributes: ["VisibilityTimeout": "30"])
        let error = await #expect(throws: AWSError.self) { try await client.getQueueURL(name: "q") }
        #expect(error?.code == .badResponse)
    }

    @Test("an answer that is no JSON object is an error, not an empty result", arguments: ["[]", "<html>", "{", "1"])
    func unreadable(body: String) async throws {
        let client = SQSClient(scriptedClient(.sqs, ScriptedTransport([.json(200, body)])))
        let error = await #expect(throws: AWSError.self) { try await client.receiveMessage(queueURL: url) }
        #expect(error?.code == .badResponse)
    }
}
