import Testing

@testable import Channels

@Suite("A channel, as Go's own tests have it")
struct ChannelTests {
    static let capacities = [0, 1, 2, 10, 100]

    @Test("An empty channel has nothing to receive without waiting", arguments: capacities)
    func emptyReceive(capacity: Int) {
        let channel = Channel<Int>(capacity: capacity)
        #expect(channel.tryReceive() == nil)
        #expect(channel.count == 0)
    }

    @Test("A receiver of an empty channel waits until something is sent", arguments: capacities)
    func receiveWaits(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        async let received = channel.receive()
        await channel.untilReceiversWait(1)
        #expect(try channel.trySend(17))
        #expect(await received == 17)
        #expect(channel.count == 0)
    }

    @Test("A sender to a full channel waits until something is received", arguments: capacities)
    func sendWaits(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        for number in 0..<capacity { #expect(try channel.trySend(number)) }
        #expect(try !channel.trySend(-1))
        #expect(channel.count == capacity)
        let sender = Task { try await channel.send(capacity) }
        await channel.untilSendersWait(1)
        for number in 0...capacity { #expect(await channel.receive() == number) }
        try await sender.value
        #expect(channel.tryReceive() == nil)
    }

    @Test("An unbuffered send ends only once a receiver has the element")
    func rendezvous() async throws {
        let channel = Channel<Int>()
        let order = Tally()
        let sender = Task {
            try await channel.send(1)
            await order.add(2)
        }
        await channel.untilSendersWait(1)
        await order.add(1)
        #expect(await channel.receive() == 1)
        try await sender.value
        #expect(await order.values == [1, 2])
    }

    @Test("Elements come out in the order in which one sender put them in", arguments: capacities)
    func firstInFirstOut(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        let sender = Task {
            for number in 0..<1000 { try await channel.send(number) }
            channel.close()
        }
        var expected = 0
        for await number in channel {
            #expect(number == expected)
            expected += 1
        }
        #expect(expected == 1000)
        try await sender.value
    }

    @Test("Senders that wait are served in the order in which they came", arguments: [0, 3])
    func sendersAreServedInOrder(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        try await withThrowingTaskGroup { group in
            for number in 0..<capacity { try await channel.send(number) }
            for number in 0..<20 {
                group.addTask { try await channel.send(capacity + number) }
                await channel.untilSendersWait(number + 1)
            }
            for number in 0..<(capacity + 20) { #expect(await channel.receive() == number) }
            try await group.waitForAll()
        }
    }

    @Test("Receivers that wait are served in the order in which they came", arguments: [0, 3])
    func receiversAreServedInOrder(capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        try await withThrowingTaskGroup { group in
            for number in 0..<20 {
                group.addTask { #expect(await channel.receive() == number) }
                await channel.untilReceiversWait(number + 1)
            }
            for number in 0..<20 { try await channel.send(number) }
            try await group.waitForAll()
        }
    }

    @Test(
        "What many send, many receive, each element once",
        arguments: [(4, 4, 0), (4, 4, 10), (1, 8, 0), (8, 1, 3), (8, 8, 1)])
    func manyToMany(senders: Int, receivers: Int, capacity: Int) async throws {
        let channel = Channel<Int>(capacity: capacity)
        let each = 2000
        let received = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<receivers {
                group.addTask {
                    var mine: [Int] = []
                    for await number in channel { mine.append(number) }
                    return mine
                }
            }
            try await withThrowingTaskGroup { sending in
                for sender in 0..<senders {
                    sending.addTask {
                        for number in 0..<each { try await channel.send(sender * each + number) }
                    }
                }
                try await sending.waitForAll()
            }
            channel.close()
            var all: [[Int]] = []
            for try await mine in group { all.append(mine) }
            return all
        }
        #expect(received.joined().sorted() == Array(0..<(senders * each)))
        for mine in received {
            // Whoever receives them, the elements of one sender stay in order.
            for sender in 0..<senders {
                let ofSender = mine.filter { $0 / each == sender }
                #expect(ofSender == ofSender.sorted())
            }
        }
    }

    @Test("A prime sieve of chained channels finds the primes")
    func primeSieve() async {
        await withTaskGroup { group in
            let numbers = Channel<Int>()
            group.addTask {
                var number = 2
                while (try? await numbers.send(number)) != nil { number += 1 }
            }
            var source = numbers
            var primes: [Int] = []
            var stages = [numbers]
            for _ in 0..<25 {
                guard let prime = await source.receive() else { break }
                primes.append(prime)
                let (from, to) = (source, Channel<Int>())
                group.addTask {
                    for await number in from where number % prime != 0 {
                        guard (try? await to.send(number)) != nil else { return }
                    }
                }
                source = to
                stages.append(to)
            }
            #expect(primes.prefix(10) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29])
            #expect(primes.last == 97)
            for stage in stages { stage.close() }
        }
    }

    @Test("A channel of channels hands work to the idle worker that came first")
    func channelOfChannels() async throws {
        let idle = Channel<Channel<Int>>(capacity: 4)
        let done = Channel<(worker: Int, job: Int)>(capacity: 100)
        try await withThrowingTaskGroup { group in
            for worker in 0..<4 {
                group.addTask(executorPreference: QueueExecutor(label: "worker \(worker)")) {
                    let own = Channel<Int>()
                    try await idle.send(own)
                    for await job in own {
                        try await done.send((worker, job))
                        try await idle.send(own)
                    }
                }
            }
            for job in 0..<100 {
                let worker = try #require(await idle.receive())
                try await worker.send(job)
            }
            var jobs: [Int] = []
            for _ in 0..<100 { jobs.append(try #require(await done.receive()).job) }
            #expect(jobs.sorted() == Array(0..<100))
            for _ in 0..<4 { try #require(await idle.receive()).close() }
            try await group.waitForAll()
        }
    }

    @Test("A channel of closures calls back what was sent through it")
    func channelOfClosures() async throws {
        let channel = Channel<@Sendable () -> Int>(capacity: 1)
        try await channel.send { 42 }
        #expect(await channel.receive()?() == 42)
    }
}
