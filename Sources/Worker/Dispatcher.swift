import Channels
import Operations

/// 5: the dispatcher takes the channel of an idle worker from the worker queue, and sends the next message into it.
struct Dispatcher: Sendable {
    let buffer: Channel<Job>
    let workerQueue: Channel<Channel<Job>>
    let workers: Int
    let heartbeat: Heartbeat

    /// Works until the buffer queue is closed and drained, then closes each worker's channel as the worker gets idle.
    func run() async {
        while let worker = await workerQueue.receive() {
            guard let job = await buffer.receive() else {
                worker.close()
                break
            }
            // An idle worker takes it at once.
            heartbeat.beat()
            try? await worker.send(job)
            heartbeat.rest()
        }
        for _ in 1..<workers { await workerQueue.receive()?.close() }
    }
}
