import Testing

@testable import Simulator

/// A line of the fault table: a fault, and how often it befalls the operation.
struct FaultCase: Sendable, CustomTestStringConvertible {
    /// What the line is called.
    let name: String
    let fault: Fault
    /// How long one attempt may take: short where the fault is silence.
    let patience: Duration

    var testDescription: String { name }

    private init(
        _ name: String, _ kind: Fault.Kind, patience: Duration = .seconds(30),
        _ change: (inout Fault) -> Void = { _ in }
    ) {
        self.name = name
        var fault = Fault(kind)
        change(&fault)
        self.fault = fault
        self.patience = patience
    }

    /// How long an attempt waits for an answer that does not come. An attempt that is answered must fit, on a slow
    /// machine too.
    private static let shortPatience = Duration.milliseconds(700)

    /// The fault befalls the first request alone.
    private static func once(
        _ name: String, _ kind: Fault.Kind, patience: Duration = .seconds(30),
        _ change: (inout Fault) -> Void = { _ in }
    ) -> FaultCase {
        FaultCase("\(name), once", kind, patience: patience) { fault in
            change(&fault)
            fault.count = 1
        }
    }

    /// The fault befalls every request.
    private static func always(
        _ name: String, _ kind: Fault.Kind, patience: Duration = .seconds(30),
        _ change: (inout Fault) -> Void = { _ in }
    ) -> FaultCase {
        FaultCase("\(name), always", kind, patience: patience, change)
    }

    /// The service answers every request with an error.
    private static func answers(_ status: Int, _ code: String) -> FaultCase {
        always("`error` \(status) \(code)", .error) { fault in
            fault.status = status
            fault.code = code
        }
    }

    static let all: [FaultCase] = [
        always("`latency` of 50 ms", .latency) { $0.latency = .milliseconds(50) },
        once("`latency` beyond the deadline", .latency, patience: shortPatience) { $0.latency = .seconds(60) },
        always("`latency` beyond the deadline", .latency, patience: shortPatience) { $0.latency = .seconds(60) },
        once("`error` 500 InternalError", .error),
        answers(500, "InternalError"),
        answers(503, "ServiceUnavailable"),
        answers(403, "AccessDeniedException"),
        answers(400, "InvalidParameterValue"),
        once("`throttle`", .throttle),
        always("`throttle`", .throttle),
        once("`dropBefore`", .dropBefore),
        always("`dropBefore`", .dropBefore),
        once("`dropAfter`", .dropAfter),
        always("`dropAfter`", .dropAfter),
        once("`halfOpen`", .halfOpen, patience: shortPatience),
        always("`halfOpen`", .halfOpen, patience: shortPatience),
        once("`blackHole`", .blackHole, patience: shortPatience),
        always("`blackHole`", .blackHole, patience: shortPatience),
        once("`cutBody`", .cutBody),
        always("`cutBody`", .cutBody),
        always("`partialBatch` of half", .partialBatch),
        always("`partialBatch` of all", .partialBatch) { $0.share = 1 },
        always("`unprocessed` of half", .unprocessed),
        always("`unprocessed` of all", .unprocessed) { $0.share = 1 },
        once("`wrongCRC32`", .wrongCRC32),
        always("`wrongCRC32`", .wrongCRC32),
        always("`wrongMD5`", .wrongMD5),
        once("`skewedClock` by an hour", .skewedClock),
        always("`skewedClock` by an hour", .skewedClock),
        always("`expiredCredentials`", .expiredCredentials),
        always("`missing`", .missing),
        always("`refuseItem`", .refuseItem) { $0.text = "item 7" },
        always("`duplicate`", .duplicate),
        always("`reorder`", .reorder),
    ]

    /// Whether the fault can befall the subject's operation at all.
    func applies(to subject: Subject) -> Bool {
        switch fault.kind {
        case .duplicate: subject == .receive || subject == .delete
        case .reorder: subject == .receive
        default: fault.applies(to: subject.operation)
        }
    }

    /// Whether the simulator does the work and the client does not hear of it, or must not believe it.
    var losesAnswers: Bool {
        [.dropAfter, .halfOpen, .cutBody, .wrongCRC32, .wrongMD5].contains(fault.kind)
    }

    /// Whether the simulator's meter sees every attempt: of a request that it never read, or whose client had gone
    /// before it was worked, it knows nothing.
    var isMetered: Bool {
        fault.kind != .blackHole && !(fault.kind == .latency && patience < fault.latency)
    }
}
