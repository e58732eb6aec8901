import AWSCore
import Testing

@testable import Worker

@Suite("Room for messages")
struct RoomTests {
    @Test("A poll asks for what idle workers and the buffer can start, at most ten")
    func slots() async throws {
        let room = Room(workers: 4, buffer: 10, bytes: .mebibytes(64))
        #expect(await room.reserve()?.count == 10)
        let rest = Task { await room.reserve() }
        room.leave(.bytes(0))
        #expect(await rest.value?.count == 5)
    }

    @Test("A poll for little is put off until enough may come")
    func putOff() async throws {
        let room = Room(workers: 2, buffer: 10, bytes: .mebibytes(64))
        let first = try #require(await room.reserve())
        room.settle(first, with: Array(repeating: .bytes(100), count: 10))
        let second = Task { await room.reserve()?.count }
        for _ in 0..<3 {
            room.leave(.bytes(100))
            await Task.yield()
        }
        #expect(await second.value == 5)
    }

    @Test("What a poll does not bring is free again")
    func settled() async throws {
        let room = Room(workers: 1, buffer: 10, bytes: .mebibytes(64))
        for _ in 0..<100 {
            let reservation = try #require(await room.reserve())
            room.settle(reservation, with: [])
        }
        #expect(await room.reserve()?.count == 10)
    }

    @Test("Large messages are received few at a time, one that is larger than all the room alone")
    func bytes() async throws {
        let room = Room(workers: 20, buffer: 20, bytes: .bytes(1_000_000))
        let first = try #require(await room.reserve())
        #expect(first.count == 10)
        room.settle(first, with: [.bytes(400_000)])
        #expect(await room.reserve()?.count == 1)
        let blocked = Task { await room.reserve()?.count }
        room.leave(.bytes(400_000))
        #expect(await blocked.value == 1)

        let small = Room(workers: 20, buffer: 20, bytes: .bytes(1000))
        let alone = try #require(await small.reserve())
        #expect(alone.count == 1)
        small.settle(alone, with: [.bytes(5000)])
        let next = Task { await small.reserve()?.count }
        small.leave(.bytes(5000))
        #expect(await next.value == 1)
    }

    @Test("While paused nothing is granted; resuming wakes who waits")
    func pause() async throws {
        let room = Room(workers: 4, buffer: 10, bytes: .mebibytes(1))
        room.pause()
        let waiting = Task { await room.reserve()?.count }
        room.leave(.bytes(0))
        room.resume()
        #expect(await waiting.value == 10)
    }

    @Test("Closing wakes all, with nothing")
    func close() async {
        let room = Room(workers: 1, buffer: 1, bytes: .mebibytes(1))
        room.pause()
        let waiting = (0..<3).map { _ in Task { await room.reserve()?.count } }
        room.close()
        for task in waiting { #expect(await task.value == nil) }
        #expect(await room.reserve()?.count == nil)
    }
}
