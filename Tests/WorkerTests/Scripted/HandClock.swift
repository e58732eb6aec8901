import Channels
import Locking

@testable import Worker

/// A clock that stands still until the test moves it. Those who sleep or linger are woken in the order of their time.
final class HandClock: Sendable {
    private struct Sleeper {
        let number: Int
        let end: Duration
        let wake: @Sendable () -> Void
    }

    private struct State {
        var now = Duration.zero
        var last = 0
        var sleepers: [Sleeper] = []
    }

    private let state = Guarded(State())

    var now: Duration { state.withLock { $0.now } }

    /// How many sleep or linger.
    var sleeping: Int { state.withLock { $0.sleepers.count } }

    /// The clock as the pipeline takes it; chance always says a half.
    var clock: WorkerClock {
        WorkerClock(
            now: { self.now }, sleep: { try await self.sleep($0) },
            timer: LingerTimer { duration, wake in _ = self.add(duration, wake) }, random: { 0.5 })
    }

    /// Moves the time on to the next sleeper's end, and wakes it.
    func step() {
        let sleeper = state.withLock { state -> Sleeper? in
            guard let next = state.sleepers.min(by: { ($0.end, $0.number) < ($1.end, $1.number) }) else { return nil }
            state.sleepers.removeAll { $0.number == next.number }
            state.now = max(state.now, next.end)
            return next
        }
        sleeper?.wake()
    }

    /// Moves the time on, and wakes whose end is reached.
    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let woken = state.sleepers.filter { $0.end <= state.now }.sorted {
                ($0.end, $0.number) < ($1.end, $1.number)
            }
            state.sleepers.removeAll { $0.end <= state.now }
            return woken
        }
        for sleeper in woken { sleeper.wake() }
    }

    /// Lets tasks work, and time pass whenever they seem to have nothing to do, until something holds.
    func run(until condition: @Sendable () -> Bool) async {
        while !condition() {
            for _ in 0..<50 where !condition() { await Task.yield() }
            if !condition() { step() }
        }
    }

    /// Returns once that many sleep or linger.
    func untilSleeping(_ count: Int) async {
        while sleeping < count { await Task.yield() }
    }

    private func add(_ duration: Duration, _ wake: @escaping @Sendable () -> Void) -> Int {
        state.withLock { state in
            state.last += 1
            state.sleepers.append(Sleeper(number: state.last, end: state.now + duration, wake: wake))
            return state.last
        }
    }

    private func sleep(_ duration: Duration) async throws {
        let woken = Channel<Void>(capacity: 1)
        let number = add(duration) { _ = try? woken.trySend(()) }
        let wasWoken = await woken.receive() != nil
        state.withLock { state in state.sleepers.removeAll { $0.number == number } }
        if !wasWoken { throw CancellationError() }
    }
}

/// Returns once something holds.
func until(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
}
