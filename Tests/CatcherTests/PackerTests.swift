import AWSCore
import Beacons
import NIOCore
import Testing

@testable import Catcher

/// The packer did something else than the test is about.
struct Unexpected: Error {}

@Suite("The packer")
struct PackerTests {
    static let clock: @Sendable () -> Timestamp = { Timestamp(milliseconds: 1_760_000_000_000) }

    static func packer(message: Int = 1000, pending: Int = 1 << 20) -> Packer {
        Packer(messageLimit: .bytes(message), pendingLimit: .bytes(pending), loops: 2, clock: clock)
    }

    static func answer(_ bench: Bench) -> PendingAnswer {
        PendingAnswer(
            connection: HTTPConnection(shared: bench.shared), route: .work, origin: nil, closes: false, isHead: false)
    }

    /// Entries of given sizes; their content does not matter here.
    static func entries(_ sizes: [Int]) -> Packer.Entries {
        var entries = Packer.Entries()
        for (position, size) in sizes.enumerated() {
            entries.bytes.append(contentsOf: repeatElement(UInt8(ascii: "a") + UInt8(position % 26), count: size))
            entries.ends.append(entries.bytes.count)
        }
        return entries
    }

    @Test("what leaves is a whole message, as the envelope's writer says it")
    func message() throws {
        let packer = Self.packer()
        let answer = Self.answer(Bench())
        guard
            case .packed(let closed, let opened) = packer.add(Self.entries([3, 2]), for: answer, loop: 1, now: .now())
        else { throw Unexpected() }
        #expect(closed.isEmpty)
        let message = try #require(packer.close(opened))
        #expect(
            String(decoding: message.bytes, as: UTF8.self)
                == "{\"v\":1,\"id\":\"\(message.id)\",\"beacons\":[aaa,bb]}")
        #expect(message.beacons == 2)
        #expect(message.pendingBytes == 5)
        #expect(message.waiting.map(\.count) == [0, 1])
        #expect(message.id.utf8.count == UUIDv7.textLength)
        #expect(packer.pendingBytes == 5)
        packer.settled(message)
        #expect(packer.pendingBytes == 0)
        #expect(packer.close(opened) == nil)
        #expect(packer.close() == nil)
    }

    @Test("a message that waits takes no more memory than it needs", arguments: [10, 1000, 31_000, 63_000])
    func size(_ size: Int) throws {
        let packer = Self.packer(message: 64_000)
        _ = packer.add(Self.entries([size]), for: Self.answer(Bench()), loop: 0, now: .now())
        let message = try #require(packer.close())
        #expect(message.bytes.capacity <= 2 * message.bytes.count)
    }

    /// The largest entry that fits with one of 100 bytes into a message of 1000.
    static let rest = 1000 - EnvelopeWriter.messageSize(entries: 2, entryBytes: 100)

    @Test(
        "messages are filled to the byte",
        arguments: [
            ([100, rest], [1000]),
            ([100, rest + 1], [EnvelopeWriter.messageSize(entries: 1, entryBytes: 100), 1000 - 100]),
            ([100, rest - 1], [999]),
            ([1000 - EnvelopeWriter.messageSize(entries: 1, entryBytes: 0)], [1000]),
        ])
    func exact(_ sizes: [Int], _ messages: [Int]) {
        let packer = Self.packer()
        var sent: [PackedMessage] = []
        let bench = Bench()
        for size in sizes {
            if case .packed(let closed, _) = packer.add(
                Self.entries([size]), for: Self.answer(bench), loop: 0, now: .now())
            {
                sent += closed
            }
        }
        if let last = packer.close() { sent.append(last) }
        #expect(sent.map(\.bytes.count) == messages)
    }

    @Test("random entries fill messages without loss, none over the limit, none with room for the next")
    func random() throws {
        var generator = SystemRandomNumberGenerator()
        let packer = Self.packer(message: 2000)
        let bench = Bench()
        var sent: [PackedMessage] = []
        var total = 0
        for _ in 0..<500 {
            let sizes = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                Int.random(in: 2...900, using: &generator)
            }
            total += sizes.count
            guard
                case .packed(let closed, _) = packer.add(
                    Self.entries(sizes), for: Self.answer(bench), loop: 0, now: .now())
            else { throw Unexpected() }
            sent += closed
        }
        if let last = packer.close() { sent.append(last) }
        #expect(sent.map(\.beacons).reduce(0, +) == total)
        #expect(sent.allSatisfy { $0.bytes.count <= 2000 })
        #expect(sent.dropLast().allSatisfy { $0.bytes.count > 2000 - 901 })
        for message in sent { packer.settled(message) }
        #expect(packer.pendingBytes == 0)
        #expect(Set(sent.map(\.id)).count == sent.count)
    }

    @Test("a beacon larger than a message goes alone, and the open message stays open")
    func alone() throws {
        let packer = Self.packer()
        let answer = Self.answer(Bench())
        guard
            case .packed(let closed, let opened) = packer.add(
                Self.entries([10, 2000, 10]), for: answer, loop: 0, now: .now())
        else { throw Unexpected() }
        #expect(closed.map(\.beacons) == [1])
        #expect(closed.map(\.bytes.count) == [EnvelopeWriter.messageSize(entries: 1, entryBytes: 2000)])
        #expect(answer.messages == 2)
        #expect(try #require(packer.close(opened)).beacons == 2)
    }

    @Test("a queue that takes less is honoured")
    func queueLimit() throws {
        let packer = Self.packer(message: 64_000)
        packer.setQueueLimit(.bytes(1024))
        let bench = Bench()
        let largest = 1024 - EnvelopeWriter.messageSize(entries: 1, entryBytes: 0)
        guard
            case .tooLarge(let limit) = packer.add(
                Self.entries([5, largest + 1]), for: Self.answer(bench), loop: 0, now: .now())
        else { throw Unexpected() }
        #expect(limit == .bytes(1024))
        #expect(packer.close() == nil)
        guard case .packed = packer.add(Self.entries([largest]), for: Self.answer(bench), loop: 0, now: .now())
        else { throw Unexpected() }
        #expect(packer.close()?.bytes.count == 1024)
    }

    @Test("of a request that does not fit into the pending bytes nothing is taken")
    func pending() throws {
        let packer = Self.packer(pending: 100)
        let bench = Bench()
        guard case .full = packer.add(Self.entries([60, 41]), for: Self.answer(bench), loop: 0, now: .now())
        else { throw Unexpected() }
        #expect(packer.pendingBytes == 0)
        guard case .packed = packer.add(Self.entries([60, 40]), for: Self.answer(bench), loop: 0, now: .now())
        else { throw Unexpected() }
        #expect(packer.pendingBytes == 100)
    }

    @Test("the linger of a message that has closed already closes no other")
    func staleLinger() throws {
        let packer = Self.packer(message: 200)
        let bench = Bench()
        guard
            case .packed(_, let first) = packer.add(Self.entries([100]), for: Self.answer(bench), loop: 0, now: .now()),
            case .packed(let closed, let second) = packer.add(
                Self.entries([100]), for: Self.answer(bench), loop: 0, now: .now())
        else { throw Unexpected() }
        #expect(closed.count == 1)
        #expect(packer.close(first) == nil)
        #expect(packer.close(second) != nil)
    }
}
