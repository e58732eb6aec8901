import Locking
import Synchronization

/// The faults that are set, and how often each has happened.
final class Faults: Sendable {
    private let guarded: Guarded<Contents>
    /// Read before the lock: nearly always there is no fault, and the hot path has no business in there.
    private let isActive = Atomic(false)
    private let seed: UInt64

    private struct Contents: Sendable {
        var entries: [Entry] = []
        var random: SplitMix
    }

    /// A fault and its history.
    struct Entry: Sendable {
        let fault: Fault
        var happened = 0

        var isExhausted: Bool {
            fault.count.map { happened >= $0 } ?? false
        }
    }

    init(seed: UInt64, faults: [Fault] = []) {
        self.seed = seed
        guarded = Guarded(Contents(random: SplitMix(seed: seed)))
        set(faults)
    }

    /// Replaces all faults, begins their counts at zero, and the sequence of chances anew.
    func set(_ faults: [Fault], seed: UInt64? = nil) {
        guarded.withLock { guarded in
            guarded.entries = faults.map { Entry(fault: $0) }
            guarded.random = SplitMix(seed: seed ?? self.seed)
        }
        isActive.store(!faults.isEmpty, ordering: .releasing)
    }

    var entries: [Entry] {
        guarded.withLock { $0.entries }
    }

    /// Decides what befalls a request.
    func plan(for operation: Operation) -> FaultPlan {
        guard isActive.load(ordering: .acquiring) else { return .none }
        return guarded.withLock { guarded in
            var plan = FaultPlan(random: SplitMix(seed: guarded.random.next()))
            for at in guarded.entries.indices {
                let entry = guarded.entries[at]
                let fault = entry.fault
                guard fault.kind != .blackHole, !entry.isExhausted,
                    fault.operations.isEmpty || fault.operations.contains(operation)
                else { continue }
                switch fault.kind {
                case .duplicate:
                    plan.disorder.duplicate = fault.probability
                case .reorder:
                    plan.disorder.reorder = fault.probability
                case .refuseItem:
                    // Counted when an item with that text comes, not now.
                    guard fault.applies(to: operation), guarded.random.happens(fault.probability) else { continue }
                    plan.refusedTexts.append((at, Array(fault.text.utf8)))
                default:
                    guard fault.applies(to: operation), guarded.random.happens(fault.probability) else { continue }
                    fault.befall(&plan)
                    guarded.entries[at].happened += 1
                }
            }
            return plan
        }
    }

    /// Counts a fault that a plan has announced and that has come to pass now.
    func count(place: Int) {
        guarded.withLock { guarded in
            if guarded.entries.indices.contains(place) { guarded.entries[place].happened += 1 }
        }
    }

    /// Decides whether a connection that was just accepted is a black hole.
    func swallowsConnection() -> Bool {
        guard isActive.load(ordering: .acquiring) else { return false }
        return guarded.withLock { guarded in
            for at in guarded.entries.indices where guarded.entries[at].fault.kind == .blackHole {
                let entry = guarded.entries[at]
                if !entry.isExhausted, guarded.random.happens(entry.fault.probability) {
                    guarded.entries[at].happened += 1
                    return true
                }
            }
            return false
        }
    }
}

extension Fault {
    /// Whether the operation has what this fault spoils, so that counts are not used up by others.
    func applies(to operation: Operation) -> Bool {
        switch kind {
        case .partialBatch:
            [.sendMessageBatch, .deleteMessageBatch, .changeMessageVisibilityBatch].contains(operation)
        case .unprocessed: operation == .batchWriteItem
        case .wrongCRC32: operation.service == .dynamoDB
        case .wrongMD5: [.sendMessage, .sendMessageBatch, .receiveMessage].contains(operation)
        case .refuseItem: operation == .batchWriteItem || operation == .putItem
        case .missing: operation.service != .sts
        default: true
        }
    }

    /// Writes this fault into a request's plan.
    func befall(_ plan: inout FaultPlan) {
        switch kind {
        case .latency: plan.latency += latency
        case .error: plan.refusal = .error(status: status, code: code, retryAfter: retryAfter)
        case .throttle: plan.refusal = .throttled
        case .expiredCredentials: plan.refusal = .expired
        case .missing: plan.refusal = .missing
        case .dropBefore: plan.dropsBefore = true
        case .dropAfter: plan.dropsAfter = true
        case .halfOpen: plan.halfOpens = true
        case .cutBody: plan.cutsBody = true
        case .partialBatch: plan.failingShare = share
        case .unprocessed: plan.unprocessedShare = share
        case .wrongCRC32: plan.hasWrongCRC32 = true
        case .wrongMD5: plan.hasWrongMD5 = true
        case .skewedClock: plan.skew = skew
        case .blackHole, .duplicate, .reorder, .refuseItem: break
        }
    }
}
