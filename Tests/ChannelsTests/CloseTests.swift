import Testing

@testable import Channels

@Suite("Closing a channel")
struct CloseTests {
    @Test("Buffered elements drain, then receivers get nil for ever", arguments: [1, 2, 10])
    func drains(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        for number in 0..<capacity { try await channel.send(number) }
        channel.close()
        #expect(channel.count == capacity)
        for number in 0..<capacity { #expect(await channel.receive() == number) }
        for _ in 0..<3 { #expect(await channel.receive() == nil) }
        #expect(channel.tryReceive() == nil)
    }

    @Test("A send after it throws, whether there is room or not", arguments: [0, 1])
    func sendThrows(capacity: Int) async {
        let channel = Channel<Int>(capacity: capacity)
        channel.close()
        await #expect(throws: ChannelClosed()) { try await channel.send(1) }
        #expect(throws: ChannelClosed()) { try channel.trySend(1) }
        #expect(channel.count == 0)
    }

    @Test("A second close does nothing")
    func idempotent() async throws {
        let channel = Channel<Int>(capacity: 1)
        try await channel.send(1)
        channel.close()
        channel.close()
        #expect(await channel.receive() == 1)
        channel.close()
        #expect(await channel.receive() == nil)
    }

    @Test("Wakes every receiver that waits", arguments: [0, 5])
    func wakesReceivers(capacity: Int) async {
        let channel = Channel<Int>(capacity: capacity)
        await withTaskGroup { group in
            for _ in 0..<10 { group.addTask { #expect(await channel.receive() == nil) } }
            await channel.untilReceiversWait(10)
            channel.close()
        }
    }

    @Test("Wakes every sender that waits, and what they held was not sent", arguments: [0, 2])
    func wakesSenders(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        for number in 0..<capacity { try await channel.send(number) }
        await withTaskGroup { group in
            for _ in 0..<10 {
                group.addTask { await #expect(throws: ChannelClosed()) { try await channel.send(-1) } }
            }
            await channel.untilSendersWait(10)
            channel.close()
        }
        for number in 0..<capacity { #expect(await channel.receive() == number) }
        #expect(await channel.receive() == nil)
    }

    @Test("Racing senders, receivers and closers: all that was sent is received", arguments: [0, 1, 8])
    func race(capacity: Int) async {
        for _ in 0..<50 {
            let channel = Channel<Int>(capacity: capacity)
            let sent = Tally()
            let received = Tally()
            await withTaskGroup { group in
                for sender in 0..<4 {
                    group.addTask {
                        for number in 0..<50 where (try? await channel.send(sender * 50 + number)) != nil {
                            await sent.add(sender * 50 + number)
                        }
                    }
                    group.addTask {
                        for await number in channel { await received.add(number) }
                    }
                }
                for _ in 0..<2 {
                    group.addTask {
                        for _ in 0..<20 { await Task.yield() }
                        channel.close()
                    }
                }
            }
            #expect(await sent.values.sorted() == received.values.sorted())
        }
    }
}
