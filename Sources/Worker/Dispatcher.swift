import Channels

/// 5: the dispatcher takes the channel of an idle worker from the worker queue, and sends the next message into it.
struct Dispatcher: Sendable {
    let buffer: Channel<Job>
    let workerQueue: Channel<Channel<Job>>
    let workers: Int

    /// Works until the buffer queue is closed and drained, then closes each worker's channel as the worker gets idle.
    func run() async {
        while let worker = await workerQueue.receive() {
            guard let job = await buffer.receive() else {
                worker.close()
                break
            }
            try? await worker.send(job)
        }
        for _ in 1..<workers { await workerQueue.receive()?.close() }
    }
}
