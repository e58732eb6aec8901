import Channels

/// Where the tasks run.
enum Home: String {
    /// Each on a serial dispatch queue of its own, as the worker's stages.
    case queues
    /// All on Swift's default pool.
    case pool

    func task(_ name: String, _ body: @escaping @Sendable () async -> Void) -> Task<Void, Never> {
        switch self {
        case .queues: Task(executorPreference: QueueExecutor(label: name), operation: body)
        case .pool: Task.detached(operation: body)
        }
    }
}

/// The worker's dispatch: an idle worker offers its own channel, the dispatcher takes one and sends a job into it.
func channelOfChannels<Pool: Rival, Own: Rival>(
    _: Pool.Type, workers: Int, count: Int, home: Home
) async where Pool.Element == Own, Own.Element == Int {
    let pool = Pool(capacity: workers)
    let tasks = (0..<workers).map { number in
        home.task("worker \(number)") {
            let own = Own(capacity: 0)
            repeat { await pool.put(own) } while await own.one().map { $0 >= 0 } ?? false
        }
    }
    await home.task("dispatcher") {
        for job in 0..<count { await pool.one()?.put(job) }
        for _ in 0..<workers { await pool.one()?.put(-1) }
    }.value
    for task in tasks { await task.value }
}

/// So many senders and receivers on one channel.
func manyToMany<C: Rival>(
    _: C.Type, senders: Int, receivers: Int, capacity: Int, count: Int, home: Home
) async where C.Element == Int {
    let channel = C(capacity: capacity)
    let receiving = (0..<receivers).map { number in
        home.task("receiver \(number)") { await channel.each { _ in } }
    }
    let sending = (0..<senders).map { number in
        home.task("sender \(number)") { for job in 0..<count / senders { await channel.put(job) } }
    }
    for task in sending { await task.value }
    channel.end()
    for task in receiving { await task.value }
}
