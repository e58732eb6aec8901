import Testing

@testable import Channels

@Suite("Receiving with a deadline")
struct DeadlineReceiveTests {
    @Test("What is there comes at once, and nothing at once where there is no patience", arguments: [0, 2])
    func zero(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        #expect(await channel.receive(within: .zero) == nil)
        let sender = Task { try await channel.send(1) }
        if capacity == 0 { await channel.untilSendersWait(1) } else { try await sender.value }
        #expect(await channel.receive(within: .zero) == 1)
        try await sender.value
    }

    @Test("An element in time is received, and the deadline disturbs no later receiver")
    func inTime() async throws {
        let channel = Channel<Int>()
        let clock = HandClock()
        async let first = channel.receive(within: .seconds(5), timer: clock.timer)
        #expect(await clock.lingers.receive() == .seconds(5))
        try await channel.send(1)
        #expect(await first == 1)
        async let second = channel.receive()
        await channel.untilReceiversWait(1)
        await clock.pass()
        #expect(channel.waitingReceivers == 1)
        try await channel.send(2)
        #expect(await second == 2)
    }

    @Test("After the deadline nothing is taken")
    func late() async throws {
        let channel = Channel<Int>()
        let clock = HandClock()
        async let received = channel.receive(within: .seconds(5), timer: clock.timer)
        await clock.pass()
        #expect(await received == nil)
        #expect(try !channel.trySend(1))
    }

    @Test("Closing ends the wait")
    func closing() async {
        let channel = Channel<Int>()
        let clock = HandClock()
        async let received = channel.receive(within: .seconds(5), timer: clock.timer)
        await channel.untilReceiversWait(1)
        channel.close()
        #expect(await received == nil)
    }
}
