import AWSCore
import Channels
import Logging
import Operations

/// How much the pipeline does at once, and how long it waits for company.
struct PipelineSettings: Sendable {
    /// How many messages are worked at once.
    var workers = 16
    /// The most long polls at once.
    var receivers: Int
    /// How many messages may wait to be started.
    var bufferedMessages: Int
    /// How many bytes of messages may be in hand. Items, requests and answers come on top, several times as much.
    var bytesInHand = ByteCount.mebibytes(6)
    /// How many bytes of items may wait for the table; 64 workers with full messages of 64 kB have half of it.
    var bytesOfItems = ByteCount.mebibytes(16)
    /// How long a poll waits for a message. Less than the queue's 20 s, as a drain waits for it to end: with this it
    /// ends within the 10 s that container runtimes give. An idle worker's polls cost 13 cents a month.
    var pollWait = Duration.seconds(8)
    /// The most calls to the table in flight.
    var storeCalls = 16
    /// How long items wait to share a call to the table.
    var storeLinger = Duration.milliseconds(5)
    /// How long deletes wait to share a call.
    var deleteLinger = Duration.milliseconds(200)

    /// - Parameters:
    ///   - workers: How many messages are worked at once.
    ///   - receivers: The most long polls at once; by default as many as fill what the workers can start.
    init(workers: Int = 16, receivers: Int? = nil) {
        self.workers = workers
        bufferedMessages = min(max(workers, sqsMaxBatchEntries), 2 * sqsMaxBatchEntries)
        let polls = (workers + bufferedMessages + sqsMaxBatchEntries - 1) / sqsMaxBatchEntries
        self.receivers = receivers ?? min(polls, 8)
    }
}

/// What the pipeline's stages are made of.
struct PipelineParts: Sendable {
    let settings: PipelineSettings
    let queue: any MessageQueue
    let processors: ProcessorPool
    let hand: MessagesInHand
    let room: Room
    let space: ItemSpace
    let returner: Returner
    let store: Store
    let workerQueue: Channel<Channel<Job>>
    let busyWorkers = SharedCount(0)
    let conditions: Conditions
    let liveness: Liveness
    let metrics: WorkerMetrics
    let logger: Logger
    let clock: WorkerClock

    init(
        settings: PipelineSettings, queue: any MessageQueue, table: any ItemTable, visibilityTimeout: Duration,
        conditions: Conditions, liveness: Liveness, logger: Logger, clock: WorkerClock = .system,
        makeProcessor: @escaping @Sendable () -> any Processing
    ) {
        let metrics = WorkerMetrics()
        let hand = MessagesInHand(visibilityTimeout: visibilityTimeout)
        let room = Room(
            workers: settings.workers, buffer: settings.bufferedMessages, bytes: settings.bytesInHand)
        let limit = CallLimit(initial: min(4, settings.storeCalls), most: settings.storeCalls)
        let writers = (0..<settings.storeCalls).map { _ in
            TableWriter(
                table: table, limit: limit, conditions: conditions, room: room, metrics: metrics, clock: clock,
                heartbeat: liveness.stage("store", allowance: Self.allowance))
        }
        self.settings = settings
        self.queue = queue
        processors = ProcessorPool(make: makeProcessor)
        self.hand = hand
        self.room = room
        space = ItemSpace(bytes: settings.bytesOfItems)
        self.conditions = conditions
        self.liveness = liveness
        self.metrics = metrics
        self.logger = logger
        self.clock = clock
        workerQueue = Channel(capacity: settings.workers)
        returner = Returner(
            queue: queue, hand: hand, room: room, metrics: metrics, logger: logger, clock: clock,
            heartbeat: liveness.stage("returner", allowance: Self.allowance))
        store = Store(writers, linger: settings.storeLinger, clock: clock)
    }

    /// How long a stage may be at one call, with all its attempts, or at one message.
    private static let allowance = Duration.seconds(120)

    func dispatcher(_ buffer: Channel<Job>, _ workerQueue: Channel<Channel<Job>>) -> Dispatcher {
        Dispatcher(
            buffer: buffer, workerQueue: workerQueue, workers: settings.workers,
            heartbeat: liveness.stage("dispatcher", allowance: Self.allowance))
    }

    func receiver(_ buffer: Channel<Job>, _ helpers: Channel<Void>) -> Receiver {
        Receiver(
            queue: queue, room: room, hand: hand, buffer: buffer, helpers: helpers, returner: returner,
            conditions: conditions, metrics: metrics, clock: clock,
            heartbeat: liveness.stage("receiver", allowance: Self.allowance), wait: settings.pollWait)
    }

    func worker(_ workerQueue: Channel<Channel<Job>>, _ done: Channel<MessageID>) -> Worker {
        Worker(
            workerQueue: workerQueue, processors: processors, store: store, done: done, returner: returner,
            room: room, space: space, conditions: conditions, metrics: metrics, clock: clock, busy: busyWorkers,
            heartbeat: liveness.stage("worker", allowance: Self.allowance))
    }

    func dequeuer(_ done: Channel<MessageID>) -> Dequeuer {
        Dequeuer(
            queue: queue, hand: hand, done: done, conditions: conditions, metrics: metrics, clock: clock,
            heartbeat: liveness.stage("dequeuer", allowance: Self.allowance), logger: logger,
            linger: settings.deleteLinger)
    }

    var visibilityKeeper: VisibilityKeeper {
        VisibilityKeeper(
            queue: queue, hand: hand, conditions: conditions, clock: clock,
            heartbeat: liveness.stage("visibility", allowance: Self.allowance))
    }
}
