import Testing

@testable import Worker

@Suite("The limit on calls in flight")
struct CallLimitTests {
    @Test("Grows by one for a round of successes, to its most")
    func grows() async {
        let limit = CallLimit(initial: 2, most: 4)
        for _ in 0..<3 {
            await limit.acquire()
            limit.release(after: .success)
        }
        #expect(limit.current == 3)
        for _ in 0..<50 {
            await limit.acquire()
            limit.release(after: .success)
        }
        #expect(limit.current == 4)
    }

    @Test("Halves when a call is throttled, to one")
    func shrinks() async {
        let limit = CallLimit(initial: 8, most: 8)
        for expected in [4, 2, 1, 1] {
            await limit.acquire()
            limit.release(after: .throttled)
            #expect(limit.current == expected)
        }
    }

    @Test("Permits that are out over the limit are not given again")
    func overdraft() async {
        let limit = CallLimit(initial: 4, most: 4)
        for _ in 0..<4 { await limit.acquire() }
        for _ in 0..<3 { limit.release(after: .throttled) }
        // Four were out, the limit is one and one is still out: none is free.
        let waiting = Task { await limit.acquire() }
        limit.release(after: .success)
        await waiting.value
        #expect(limit.current == 2)
    }

    @Test("Stays where it is when a call fails for another reason")
    func failure() async {
        let limit = CallLimit(initial: 2, most: 4)
        for _ in 0..<10 {
            await limit.acquire()
            limit.release(after: .failure)
        }
        #expect(limit.current == 2)
    }
}
