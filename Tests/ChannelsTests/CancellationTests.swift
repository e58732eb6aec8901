import Testing

@testable import Channels

@Suite("Cancelling a task that waits on a channel")
struct CancellationTests {
    @Test("A sender throws, and its element was not sent", arguments: [0, 1])
    func sender(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        for number in 0..<capacity { try await channel.send(number) }
        let sender = Task { try await channel.send(99) }
        await channel.untilSendersWait(1)
        sender.cancel()
        await #expect(throws: CancellationError.self) { try await sender.value }
        #expect(channel.waitingSenders == 0)
        for number in 0..<capacity { #expect(await channel.receive() == number) }
        #expect(channel.tryReceive() == nil)
    }

    @Test("A receiver gets nil, and the next element goes to another", arguments: [0, 1])
    func receiver(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        let receiver = Task { await channel.receive() }
        await channel.untilReceiversWait(1)
        receiver.cancel()
        #expect(await receiver.value == nil)
        #expect(channel.waitingReceivers == 0)
        async let other = channel.receive()
        await channel.untilReceiversWait(1)
        try await channel.send(7)
        #expect(await other == 7)
    }

    @Test("One in the middle leaves the others in their order")
    func middleOfTheLine() async throws {
        let channel = Channel<Int>()
        var senders: [Task<Void, any Error>] = []
        for number in 0..<5 {
            senders.append(Task { try await channel.send(number) })
            await channel.untilSendersWait(number + 1)
        }
        senders[2].cancel()
        await #expect(throws: CancellationError.self) { try await senders[2].value }
        for number in [0, 1, 3, 4] { #expect(await channel.receive() == number) }
    }

    @Test("A cancelled task does not begin to wait")
    func cancelledBefore() async {
        let channel = Channel<Int>()
        let gate = Channel<Void>()
        let task = Task {
            _ = await gate.receive()
            let received = await channel.receive()
            await #expect(throws: CancellationError.self) { try await channel.send(1) }
            return received
        }
        await gate.untilReceiversWait(1)
        task.cancel()
        #expect(await task.value == nil)
    }

    @Test("What needs no wait succeeds in a cancelled task")
    func withoutWaiting() async throws {
        let channel = Channel<Int>(capacity: 2)
        let gate = Channel<Void>()
        let task = Task {
            _ = await gate.receive()
            try await channel.send(5)
            return await channel.receive()
        }
        await gate.untilReceiversWait(1)
        task.cancel()
        #expect(try await task.value == 5)
    }

    @Test("Racing with sends and receives loses and doubles nothing", arguments: [0, 2])
    func race(capacity: Int) async {
        let channel = Channel<Int>(capacity: capacity)
        let sent = Tally()
        let received = Tally()
        await withTaskGroup { group in
            for round in 0..<500 {
                let sender = Task {
                    try await channel.send(round)
                    await sent.add(round)
                }
                let receiver = Task {
                    if let number = await channel.receive() { await received.add(number) }
                }
                group.addTask {
                    if round.isMultiple(of: 2) { await Task.yield() }
                    if round.isMultiple(of: 3) { sender.cancel() } else { receiver.cancel() }
                    _ = await sender.result
                    await receiver.value
                }
                if round.isMultiple(of: 50) { await drain() }
            }
            group.addTask { channel.close() }
        }
        await drain()
        #expect(await sent.values.sorted() == received.values.sorted())

        func drain() async {
            while let number = channel.tryReceive() { await received.add(number) }
        }
    }
}
