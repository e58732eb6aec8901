import AWSCore
import Testing

@testable import Worker

@Suite("Messages in hand")
struct MessagesInHandTests {
    private func message(_ id: String, _ receiptHandle: String) -> SQSMessage {
        SQSMessage(messageId: id, receiptHandle: receiptHandle, body: [])
    }

    @Test("A message that is received again is not worked twice, and its newer handle replaces the older")
    func redelivery() {
        let hand = MessagesInHand(visibilityTimeout: .seconds(60))
        #expect(hand.take([message("a", "a1"), message("b", "b1")], at: .zero).map(\.id) == ["a", "b"])
        #expect(hand.take([message("a", "a2"), message("c", "c1")], at: .zero).map(\.id) == ["c"])
        #expect(hand.receiptHandle(of: "a") == "a2")
        #expect(hand.count == 3)
    }

    @Test("What was deleted with an older handle stays in hand, to be deleted with the newer")
    func releaseWithOlderHandle() {
        let hand = MessagesInHand(visibilityTimeout: .seconds(60))
        _ = hand.take([message("a", "a1")], at: .zero)
        _ = hand.take([message("a", "a2")], at: .zero)
        #expect(!hand.release("a", deletedWith: "a1"))
        #expect(hand.release("a", deletedWith: "a2"))
        #expect(hand.count == 0)
    }

    @Test("A message is due after half of its time, and again after half of its extension")
    func due() {
        let hand = MessagesInHand(visibilityTimeout: .seconds(60))
        _ = hand.take([message("a", "a1")], at: .seconds(10))
        #expect(hand.due(at: .seconds(39)).isEmpty)
        #expect(hand.due(at: .seconds(40)).map(\.receiptHandle) == ["a1"])
        hand.extended("a", at: .seconds(40))
        #expect(hand.due(at: .seconds(69)).isEmpty)
        #expect(hand.due(at: .seconds(70)).map(\.id) == ["a"])
        hand.release("a")
        #expect(hand.due(at: .seconds(100)).isEmpty)
    }
}
