import AWSCore
import Channels
import CoreMetrics
import Operations

/// 4: a receiver long-polls the queue for as many messages as there is room for, into the buffer queue.
///
/// The first receiver always polls. The others help while the queue is full of work: a poll that brings all that it
/// asked for wakes one of them, and one whose poll brings less goes back to sleep.
struct Receiver: Sendable {
    let queue: any MessageQueue
    let room: Room
    let hand: MessagesInHand
    let buffer: Channel<Job>
    let helpers: Channel<Void>
    let returner: Returner
    let conditions: Conditions
    let metrics: WorkerMetrics
    let clock: WorkerClock
    let heartbeat: Heartbeat
    /// How long a poll may wait for a message; a drain waits for it to end.
    let wait: Duration

    /// Polls until the room is closed.
    func run() async {
        var failures = 0
        while await poll(wait: wait, &failures) != .closed {}
        helpers.close()
    }

    /// Polls while there is much to do, whenever a colleague says so.
    func help() async {
        var failures = 0
        for await _ in helpers {
            while await poll(wait: min(wait, .seconds(1)), &failures) == .full {}
        }
    }

    private enum Poll {
        case full
        case partial
        case closed
    }

    private func poll(wait: Duration, _ failures: inout Int) async -> Poll {
        guard let reservation = await room.reserve() else { return .closed }
        heartbeat.beat()
        defer { heartbeat.rest() }
        do throws(AWSError) {
            let messages = try await queue.receive(upTo: reservation.count, wait: wait)
            conditions.meet(.receiving)
            failures = 0
            let jobs = hand.take(messages, at: clock.now())
            metrics.messagesDuplicate.increment(by: messages.count - jobs.count)
            room.settle(reservation, with: jobs.map(\.size))
            for job in jobs { await pass(job) }
            guard messages.count == reservation.count else { return .partial }
            _ = try? helpers.trySend(())
            return .full
        } catch {
            room.settle(reservation, with: [])
            conditions.fail(.receiving, error)
            failures += 1
            try? await clock.sleep(clock.backoff(after: failures))
            return .partial
        }
    }

    private func pass(_ job: Job) async {
        do {
            try await buffer.send(job)
        } catch {
            await returner.giveBack(job)  // draining: it came with the last poll, and is not started
        }
    }
}
