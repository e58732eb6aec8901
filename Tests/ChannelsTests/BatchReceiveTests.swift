import Testing

@testable import Channels

/// A linger that passes when the test says so.
final class HandClock: Sendable {
    let started = Channel<@Sendable () -> Void>(capacity: 100)
    let lingers = Channel<Duration>(capacity: 100)

    var timer: LingerTimer {
        LingerTimer { [started, lingers] linger, wake in
            _ = try? lingers.trySend(linger)
            _ = try? started.trySend(wake)
        }
    }

    /// Waits for a linger to begin, and lets it pass.
    func pass() async {
        await started.receive()?()
    }
}

@Suite("Receiving a batch")
struct BatchReceiveTests {
    @Test("A full batch does not linger", arguments: [0, 3, 10])
    func full(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        let clock = HandClock()
        let sender = Task { for number in 0..<10 { try await channel.send(number) } }
        let batch = await channel.receive(upTo: 10, linger: .seconds(3600), timer: clock.timer)
        #expect(batch == Array(0..<10))
        try await sender.value
    }

    @Test("Elements over the limit stay for the next batch")
    func overTheLimit() async throws {
        let channel = Channel<Int>(capacity: 25)
        for number in 0..<25 { try await channel.send(number) }
        for expected in [0..<10, 10..<20] {
            #expect(await channel.receive(upTo: 10, linger: .zero) == Array(expected))
        }
        #expect(await channel.receive(upTo: 10, linger: .zero) == Array(20..<25))
    }

    @Test("Waits for a first as long as it takes, then for the linger, and takes what comes meanwhile")
    func lingers() async throws {
        let channel = Channel<Int>()
        let clock = HandClock()
        let batch = Task { await channel.receive(upTo: 10, linger: .milliseconds(50), timer: clock.timer) }
        await channel.untilReceiversWait(1)
        #expect(clock.started.count == 0)
        try await channel.send(1)
        #expect(await clock.lingers.receive() == .milliseconds(50))
        try await channel.send(2)
        try await channel.send(3)
        await clock.pass()
        #expect(await batch.value == [1, 2, 3])
    }

    @Test("A linger that passes after its batch was full disturbs no later receiver")
    func lateLinger() async throws {
        let channel = Channel<Int>()
        let clock = HandClock()
        let batch = Task { await channel.receive(upTo: 2, linger: .milliseconds(50), timer: clock.timer) }
        try await channel.send(1)
        let wake = try #require(await clock.started.receive())
        try await channel.send(2)
        #expect(await batch.value == [1, 2])
        async let next = channel.receive()
        await channel.untilReceiversWait(1)
        wake()
        #expect(channel.waitingReceivers == 1)
        try await channel.send(3)
        #expect(await next == 3)
    }

    @Test("Closing ends the linger with what is there, then gives empty batches")
    func closing() async throws {
        let channel = Channel<Int>()
        let clock = HandClock()
        let batch = Task { await channel.receive(upTo: 10, linger: .seconds(1), timer: clock.timer) }
        try await channel.send(1)
        _ = await clock.lingers.receive()
        channel.close()
        #expect(await batch.value == [1])
        #expect(await channel.receive(upTo: 10, linger: .seconds(1), timer: clock.timer) == [])
    }

    @Test("Closing wakes a batch that has nothing yet")
    func closingWhileEmpty() async {
        let channel = Channel<Int>()
        async let batch = channel.receive(upTo: 10, linger: .seconds(1))
        await channel.untilReceiversWait(1)
        channel.close()
        #expect(await batch == [])
    }

    @Test("A cancelled batch keeps what it gathered")
    func cancelled() async throws {
        let channel = Channel<Int>()
        let clock = HandClock()
        let batch = Task { await channel.receive(upTo: 10, linger: .seconds(1), timer: clock.timer) }
        try await channel.send(1)
        _ = await clock.lingers.receive()
        try await channel.send(2)
        batch.cancel()
        #expect(await batch.value == [1, 2])
        #expect(channel.waitingReceivers == 0)
    }

    @Test("GCD's timer ends a linger")
    func systemTimer() async throws {
        let channel = Channel<Int>(capacity: 1)
        try await channel.send(1)
        #expect(await channel.receive(upTo: 10, linger: .milliseconds(1)) == [1])
    }

    @Test("Batches of several receivers hold every element once", arguments: [0, 7])
    func severalReceivers(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        let received = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var mine: [Int] = []
                    while true {
                        let batch = await channel.receive(upTo: 10, linger: .microseconds(100))
                        if batch.isEmpty { return mine }
                        #expect(batch.count <= 10)
                        mine += batch
                    }
                }
            }
            try await withThrowingTaskGroup { sending in
                for sender in 0..<3 {
                    sending.addTask { for number in 0..<500 { try await channel.send(sender * 500 + number) } }
                }
                try await sending.waitForAll()
            }
            channel.close()
            var all: [Int] = []
            for try await mine in group { all += mine }
            return all
        }
        #expect(received.sorted() == Array(0..<1500))
    }
}
