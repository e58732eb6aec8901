import AWSCore
import ArgumentParser
import Logging
import NIOCore
import Operations

/// `catcher serve` from start to end: listeners, queue, signals, drain.
struct CatcherProcess {
    let options: CatcherOptions
    let drainLimit: Duration

    func run() async throws {
        let logger = Logger(label: "catcher")
        let registry = MetricsRegistry()
        registry.bootstrap()
        let metrics = CatcherMetrics()
        let readiness = Readiness(starting: ["queue", "listener"])
        let drain = Drain(limit: drainLimit, readiness: readiness, logger: logger)
        let signals = await ProcessSignals.watch(drain.take)
        let keysFile = options.writeKeys.map { KeysFile(path: $0, logger: logger) }
        let keys = try keysFile.map { file in
            do throws(WriteKeysError) {
                return try file.read()
            } catch {
                throw ValidationError(
                    "The value '\(options.writeKeys ?? "")' of --write-keys is invalid: \(error); accepted is a file of JSON such as {\"<key>\":{\"project\":\"acme\",\"origins\":[\"https://example.com\"]}}."
                )
            }
        }
        let server = options.server(cores: System.coreCount)
        let packer = Packer(
            messageLimit: server.messageLimit, pendingLimit: server.pendingLimit, loops: server.eventLoops,
            clock: Timestamp.now)
        let spool = options.spool.map { SQLiteSpool(folder: $0, limit: options.spoolMaxBytes, clock: Timestamp.now) }
        metrics.showGauges(in: registry, packer)
        if let spool { registry.gauge("catcher_spool_bytes") { Double(spool.bytes) } }
        // With a spool, the queue alone does not decide whether beacons can be acknowledged.
        let reachable = spool == nil ? readiness : Readiness(starting: ["queue"])
        let aws = try AWSAccess(to: [.sqs])
        let queue = QueueConnection(
            queue: options.queue, makeClient: { try await SQSClient.connect(aws, patience: options.ackTimeout) },
            readiness: reachable,
            logger: logger,
            foundLimit: packer.setQueueLimit)
        let liveness = Liveness()
        let admin = try await AdminListener.start(
            on: options.admin, routes: AdminRoutes(readiness: readiness, liveness: liveness, metrics: registry))
        queue.reach()
        let listener = try await Server(
            options: server, packer: packer, sink: queue, spool: spool, keys: keys, metrics: metrics, logger: logger)
        if let keysFile { drain.onHangUp { keysFile.readAgain(listener.use) } }
        let watch = spool.map { spool in
            Task {
                await SpoolWatch(spool: spool, queue: reachable, readiness: readiness, logger: logger)
                    .run { listener.sendSpooled() }
            }
        }
        readiness.meet("listener")
        let rounds = liveness.stage("event loops", allowance: .seconds(10))
        let heart = Task {
            while !Task.isCancelled {
                rounds.beat()
                await listener.comeRound()
                try? await Task.sleep(for: .seconds(1))
            }
        }
        logger.notice("serving", metadata: ["listen": "\(listener.address)", "admin": "\(admin.address)"])
        await drain.requested()
        await listener.drain(after: options.drainDelay)
        watch?.cancel()
        heart.cancel()
        await admin.close()
        drain.finished()
        withExtendedLifetime(signals) {}
        logger.notice("drained")
    }
}
