import AWSCore
import ArgumentParser
import NIOCore
import Operations

/// `catcher`: takes beacons over HTTP and puts them on the queue.
struct CatcherCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catcher", abstract: "Takes beacons of web maps over HTTP and puts them on an SQS queue.",
        subcommands: [ServeCommand.self, DoctorCommand.self])

    // Without a subcommand it serves; so its help names the options.
    @OptionGroup var options: CatcherOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var drain: DrainOptions

    func validate() throws {
        try options.check()
        try options.check(drain: drain.limit)
    }

    func run() async throws {
        log.start()
        try await CatcherProcess(options: options, drainLimit: drain.limit).run()
    }
}

/// `catcher serve`.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serves until SIGTERM or SIGINT, then drains (what it does without a subcommand).")

    @OptionGroup var options: CatcherOptions
    @OptionGroup var log: LogOptions
    @OptionGroup var drain: DrainOptions

    func validate() throws {
        try options.check()
        try options.check(drain: drain.limit)
    }

    func run() async throws {
        log.start()
        try await CatcherProcess(options: options, drainLimit: drain.limit).run()
    }
}

/// What becomes of `Sec-GPC: 1`.
enum PrivacyControl: String, CaseIterable, SettingValue {
    /// Address and user agent stay out of the envelope.
    case strip
    /// Nothing.
    case ignore
}

/// The options of `catcher serve`.
struct CatcherOptions: ParsableArguments {
    @Option(
        "listen", env: "CATCHER_LISTEN", default: "127.0.0.1:7001", help: "Where the public listener binds.")
    var listen: ListenAddress

    @Option("admin", env: "CATCHER_ADMIN", default: "127.0.0.1:7002", help: "Where the admin listener binds.")
    var admin: ListenAddress

    @Option("queue", env: "BEACON_QUEUE", default: "beacons", help: "The queue's name or URL.")
    var queue: String

    @Option(
        "linger", env: "CATCHER_LINGER", default: "100ms", from: ("0", "60s"),
        help: "How long a beacon waits for others to share its message.")
    var linger: Duration

    @Option(
        "ack-timeout", env: "CATCHER_ACK_TIMEOUT", default: "5s", from: ("10ms", "5m"),
        help: "How long a beacon waits to be durable before it is answered 503.")
    var ackTimeout: Duration

    @Option(
        "max-message-bytes", env: "CATCHER_MAX_MESSAGE_BYTES", default: "64000", from: ("1024", "1048576"),
        help: "What a message is filled up to.")
    var maxMessageBytes: ByteCount

    @Option(
        "max-body-bytes", env: "CATCHER_MAX_BODY_BYTES", default: "256KiB", from: ("1", "16MiB"),
        help: "The largest body, inflated.")
    var maxBodyBytes: ByteCount

    @Option(
        "max-pending-bytes", env: "CATCHER_MAX_PENDING_BYTES", default: "64MiB", from: ("1", "1024GiB"),
        help: "How many bytes of beacons may wait to be durable.")
    var maxPendingBytes: ByteCount

    @Option(
        "max-connections", env: "CATCHER_MAX_CONNECTIONS", default: "16384", from: ("1", "1000000"),
        help: "How many connections may be open.")
    var maxConnections: Int

    @Option(
        "idle-timeout", env: "CATCHER_IDLE_TIMEOUT", default: "75s", from: ("1s", "1h"),
        help: "How long a connection may lie idle; longer than a load balancer's 60s.")
    var idleTimeout: Duration

    @Option(
        "drain-delay", env: "CATCHER_DRAIN_DELAY", default: "0s",
        help: "How long it still serves, with Connection: close, after SIGTERM.")
    var drainDelay: Duration

    @Option(
        "spool", env: "CATCHER_SPOOL", unset: "off", help: "The folder that keeps what the queue does not take.")
    var spool: String?

    @Option(
        "spool-after", env: "CATCHER_SPOOL_AFTER", default: "1s", from: ("1ms", "5m"),
        help: "An unanswered send's beacons go to the spool after this.")
    var spoolAfter: Duration

    @Option(
        "spool-max-bytes", env: "CATCHER_SPOOL_MAX_BYTES", default: "1GiB", from: ("1", "1024GiB"),
        help: "How many bytes of messages the spool may hold, those set aside included.")
    var spoolMaxBytes: ByteCount

    @Option(
        "write-keys", env: "CATCHER_WRITE_KEYS", unset: "off, every key is accepted",
        help: "The file of write keys, read again on SIGHUP.")
    var writeKeys: String?

    @Option(
        "trusted-proxies", env: "CATCHER_TRUSTED_PROXIES", unset: "none, the peer is the client",
        help: "The proxies (CIDRs, with commas) whose X-Forwarded-For counts.")
    var trustedProxies: [CIDRBlock]?

    @Option(
        "rate-limit", env: "CATCHER_RATE_LIMIT", unset: "off", help: "How many beacons a second a client may send.")
    var rateLimit: Int?

    @Option(
        "allowed-origins", env: "CATCHER_ALLOWED_ORIGINS", unset: "any",
        help: "The origins whose pages may send beacons, with commas; null only counts where listed.")
    var allowedOrigins: [Origin]?

    @Option(
        "client-address", env: "CATCHER_CLIENT_ADDRESS", default: "truncate",
        help: "What becomes of clients' addresses: truncate (IPv4 /24, IPv6 /48), keep or drop.")
    var clientAddress: ClientAddress

    @Option(
        "gpc", env: "CATCHER_GPC", default: "strip",
        help: "What becomes of Sec-GPC: 1: strip takes address and user agent out; ignore does nothing.")
    var gpc: PrivacyControl

    @Option(
        "event-loops", env: "CATCHER_EVENT_LOOPS", unset: "one a core", help: "How many threads serve.")
    var eventLoops: Int?

    /// Checks what no option can tell by itself.
    ///
    /// - Throws: `ValidationError`.
    func check() throws {
        if linger >= ackTimeout {
            throw ValidationError(
                "The value '\(linger.settingText)' of --linger is invalid: accepted is a duration below --ack-timeout (\(ackTimeout.settingText))."
            )
        }
        if let rateLimit, !(1...1_000_000).contains(rateLimit) {
            throw ValidationError(
                "The value '\(rateLimit)' of --rate-limit is invalid: accepted is a whole number, from 1 to 1000000.")
        }
        if let eventLoops, !(1...1024).contains(eventLoops) {
            throw ValidationError(
                "The value '\(eventLoops)' of --event-loops is invalid: accepted is a whole number, from 1 to 1024.")
        }
    }

    /// Checks what it takes to end in order.
    ///
    /// - Parameter drain: How long the drain may take.
    /// - Throws: `ValidationError`.
    func check(drain: Duration) throws {
        // The delay is a part of the drain: whoever stops the process waits for --drain, not for both.
        guard drainDelay > .zero, drainDelay >= drain else { return }
        throw ValidationError(
            "The value '\(drainDelay.settingText)' of --drain-delay is invalid: accepted is a duration below --drain (\(drain.settingText)), of which it is a part."
        )
    }

    /// The limits of the public listener.
    var limits: Limits {
        var limits = Limits()
        limits.body = maxBodyBytes
        limits.connections = maxConnections
        limits.idleTimeout = idleTimeout
        return limits
    }

    /// What the public listener and the stages behind it are made of.
    ///
    /// - Parameter cores: How many event loops there are where no option says.
    /// - Returns: The server's options.
    func server(cores: Int) -> Server.Options {
        var server = Server.Options(listen: listen)
        server.eventLoops = eventLoops ?? cores
        server.route = BeaconRoute.Options(
            limits: limits, origins: OriginPolicy(allowedOrigins), clientAddress: clientAddress,
            honoursGPC: gpc == .strip, proxies: TrustedProxies(trustedProxies ?? []),
            rateLimit: rateLimit.map { RateLimit(rate: $0) }, linger: linger)
        server.sender.ackTimeout = ackTimeout
        server.sender.spoolAfter = spoolAfter
        server.messageLimit = maxMessageBytes
        server.pendingLimit = maxPendingBytes
        return server
    }
}

extension Duration {
    /// The duration as an option is written: `250ms`, `20s`.
    var settingText: String {
        let (seconds, attoseconds) = components
        return attoseconds == 0 ? "\(seconds)s" : "\(seconds * 1000 + attoseconds / 1_000_000_000_000_000)ms"
    }
}
