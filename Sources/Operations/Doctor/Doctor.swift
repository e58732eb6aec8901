public import AWSCore

/// Examines what an executable depends on, and changes nothing there.
///
/// ```swift
/// let doctor = Doctor(environment: ProcessEnvironment.all())
/// let report = await doctor.examine([.queue("beacons", [.send])])
/// ```
public struct Doctor: Sendable {
    /// Something that an executable needs.
    public enum Need: Sendable {
        /// A queue, by name or URL, and what is done with it.
        case queue(String, Set<QueueUse>)
        /// A table, and what is done with it.
        case table(String, Set<TableUse>)

        var subject: String {
            switch self {
            case .queue(let name, _): "queue \(name)"
            case .table(let name, _): "table \(name)"
            }
        }
    }

    /// What is done with a queue.
    public enum QueueUse: String, Sendable, CaseIterable {
        /// Messages are sent.
        case send = "sqs:SendMessage"
        /// Messages are received.
        case receive = "sqs:ReceiveMessage"
        /// Messages are deleted.
        case delete = "sqs:DeleteMessage"
        /// Messages in hand are hidden for longer.
        case changeVisibility = "sqs:ChangeMessageVisibility"
    }

    /// What is done with a table.
    public enum TableUse: String, Sendable, CaseIterable {
        /// Items are written in batches.
        case batchWrite = "dynamodb:BatchWriteItem"
        /// Items are read by their keys.
        case query = "dynamodb:Query"
    }

    private let environment: [String: String]
    private let makeTransport: @Sendable (AWSConfiguration) throws -> any Transport
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - environment: The environment variables, with AWS's settings.
    ///   - makeTransport: Makes what carries the requests; libcurl with the configuration's proxy and certificates.
    ///   - now: The wall clock.
    public init(
        environment: [String: String],
        makeTransport: @escaping @Sendable (AWSConfiguration) throws -> any Transport = Doctor.curl,
        now: @escaping @Sendable () -> Timestamp = { .now() }
    ) {
        self.environment = environment
        self.makeTransport = makeTransport
        self.now = now
    }

    /// libcurl, with a configuration's proxy and certificates.
    public static let curl: @Sendable (AWSConfiguration) throws -> any Transport = { configuration in
        try CurlTransport(options: configuration.transportOptions)
    }

    /// Looks at region, credentials, identity, endpoints, clocks, and each thing needed.
    ///
    /// - Parameter needs: What the executable needs.
    /// - Returns: What was found; never fails itself.
    public func examine(_ needs: [Need]) async -> DoctorReport {
        let configuration: AWSConfiguration
        let transport: any Transport
        do {
            configuration = try AWSConfiguration.load(environment: environment)
            transport = try makeTransport(configuration)
        } catch {
            return DoctorReport([Self.misconfigured("configuration", error)])
        }
        var report = DoctorReport()
        let region: String
        do {
            region = try await configuration.resolveRegion(transport: transport)
            let source = configuration.regionSource ?? "EC2's metadata"
            report.findings.append(DoctorFinding("region", .good, "\(region), from \(source)"))
        } catch {
            report.findings.append(Self.misconfigured("region", error))
            return report
        }
        let credentials = configuration.credentialsProvider(transport: transport)
        report.findings += await examineCredentials(credentials, configuration, region, transport)
        let needsQueue = needs.contains { if case .queue = $0 { true } else { false } }
        let needsTable = needs.contains { if case .table = $0 { true } else { false } }
        var clients: [String: AWSClient] = [:]
        for (service, isNeeded) in [(AWSService.sqs, needsQueue), (.dynamoDB, needsTable)] where isNeeded {
            do {
                let endpoint = try configuration.resolveEndpoint(for: service, region: region)
                report.findings.append(await examineEndpoint(service, endpoint, transport))
                clients[service.serviceId] = try configuration.client(
                    for: service, region: region, credentials: credentials, transport: transport,
                    settings: Self.settings(service))
            } catch {
                report.findings.append(Self.misconfigured("endpoint of \(service.serviceId)", error))
            }
        }
        // Without credentials no question has another answer.
        let isAnonymous = report.findings.contains { $0.subject == Self.credentialsSubject && $0.state != .good }
        for need in needs {
            switch need {
            case _ where isAnonymous:
                report.findings.append(DoctorFinding(need.subject, .unknown, "not asked, without credentials"))
            case .queue(let name, let uses):
                guard let client = clients[AWSService.sqs.serviceId] else { continue }
                report.findings += await QueueExamination(client: client, name: name, uses: uses).findings()
            case .table(let name, let uses):
                guard let client = clients[AWSService.dynamoDB.serviceId] else { continue }
                report.findings += await TableExamination(client: client, name: name, uses: uses).findings()
            }
        }
        return report
    }

    /// A person waits: two tries tell as much as more.
    private static func settings(_ service: AWSService) -> AWSClient.Settings {
        var settings = AWSClient.Settings(retry: .standard(for: service, maxAttempts: 2))
        settings.attemptTimeout = .seconds(5)
        settings.callTimeout = .seconds(10)
        return settings
    }

    private func examineCredentials(
        _ provider: any CredentialsProvider, _ configuration: AWSConfiguration, _ region: String,
        _ transport: any Transport
    ) async -> [DoctorFinding] {
        let credentials: Credentials
        do {
            credentials = try await provider.credentials()
        } catch {
            return [Self.withoutCredentials(error)]
        }
        let found = DoctorFinding(
            Self.credentialsSubject, .good,
            "from \(credentials.source), access key id …\(credentials.accessKeyId.suffix(4))")
        do {
            let identity = try await configuration.stsClient(region: region, transport: transport)
                .getCallerIdentity(credentials: credentials)
            return [found, DoctorFinding("identity", .good, "\(identity.arn), account \(identity.account)")]
        } catch {
            // Nothing but this report needs STS, and private networks seldom reach it.
            return [found, DoctorFinding("identity", .unknown, "STS does not say: \(error)")]
        }
    }

    private func examineEndpoint(
        _ service: AWSService, _ endpoint: ServiceEndpoint, _ transport: any Transport
    ) async -> DoctorFinding {
        let subject = "endpoint of \(service.serviceId)"
        let place = "\(endpoint.url), from \(endpoint.source)"
        var request = HTTPRequest(method: "GET", url: "\(endpoint.url)/")
        request.timeout = .seconds(10)
        do {
            // Unsigned: whatever it answers, it answers, and says what time it is there.
            let sent = now()
            let response = try await transport.send(request)
            let received = now()
            guard let date = response[header: "date"].flatMap({ Timestamp(httpDate: $0) }) else {
                return DoctorFinding(subject, .good, "\(place); it does not tell the time")
            }
            let half = (received.milliseconds - sent.milliseconds) / 2
            return Self.clock(subject, place, offset: date - Timestamp(milliseconds: sent.milliseconds + half))
        } catch {
            return DoctorFinding(subject, .bad, "\(place): \(error)", advice: "check endpoint, region and network")
        }
    }

    /// - Parameters:
    ///   - subject: The endpoint.
    ///   - place: Its URL.
    ///   - offset: How far its clock is ahead; its time has no fraction of a second.
    /// - Returns: What to say of both.
    static func clock(_ subject: String, _ place: String, offset: Duration) -> DoctorFinding {
        let seconds = offset.components.seconds
        if abs(seconds) <= 1 { return DoctorFinding(subject, .good, "\(place); the clocks agree to the second") }
        let detail = "\(place); its clock is \(abs(seconds)) s \(seconds > 0 ? "ahead of" : "behind") this machine's"
        // Signatures hold for 5 minutes; the client corrects for more, but events' times do not.
        return DoctorFinding(
            subject, abs(seconds) < 60 ? .good : .warning, detail,
            advice: abs(seconds) < 60 ? nil : "synchronise this machine's clock (NTP)")
    }

    private static let credentialsSubject = "credentials"

    private static func withoutCredentials(_ error: any Error) -> DoctorFinding {
        guard let error = error as? CredentialsError else {
            return DoctorFinding(credentialsSubject, .refused, "\(error)")
        }
        // A source that is set up and silent is out of reach, which is another matter than having none.
        let state: DoctorFinding.State = error.code == .unavailable ? .bad : .refused
        let tried = error.attempts.map(\.description).joined(separator: "; ")
        return DoctorFinding(credentialsSubject, state, "none (\(tried))", advice: error.advice)
    }

    private static func misconfigured(_ subject: String, _ error: any Error) -> DoctorFinding {
        guard let error = error as? ConfigurationError else { return DoctorFinding(subject, .bad, "\(error)") }
        return DoctorFinding(subject, .bad, error.message, advice: error.advice)
    }
}
