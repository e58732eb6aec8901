import NIOCore

extension Sender {
    struct Options: Sendable {
        /// From the arrival of a message's oldest beacon until its beacons are answered 503, or, with a spool, until
        /// that is tried a last time.
        var ackTimeout: Duration = .seconds(5)
        /// From taking a message until it goes to the spool, if there is one.
        var spoolAfter: Duration = .seconds(1)
        /// Calls in flight.
        var calls = 8
        /// The wait after a first failure; it doubles with each further one.
        var backoff: Duration = .milliseconds(50)
        /// The longest wait after a failure.
        var maxBackoff: Duration = .milliseconds(500)
        /// A number from 0 to 1, for jitter.
        var random: @Sendable () -> Double = { .random(in: 0...1) }

        /// What is left to the spool of the time that beacons wait, and its last try after that.
        var spoolTime: Duration { min(.seconds(1), ackTimeout / 5) }
    }

    /// A message on its way.
    final class Delivery {
        let message: PackedMessage
        var isSettled = false
        var timeout: Scheduled<Void>?
        var call: Call?
        /// Whether it is in line for a call.
        var isWaiting = false
        /// When it goes to the spool.
        var overflow: Scheduled<Void>?
        /// Whether it is in the spool, or on its way there.
        var isSpooled = false
        /// Why the spool has not taken it.
        var spoolError: SpoolError?
        /// Whether the queue takes nothing until someone acts.
        var isCutOff = false
        /// Whether its time is over, but for the spool's last try.
        var isLate = false
        /// Where in the spool it is.
        var place: SpoolPlace?
        /// Whether the queue has taken it.
        var isAccepted = false

        init(_ message: PackedMessage) { self.message = message }

        /// What its beacons are answered where nothing takes it.
        var refusal: Refusal {
            if case .full? = spoolError { .spoolFull } else { .queueRefuses }
        }
    }

    /// A call in flight.
    final class Call {
        let deliveries: [Delivery]
        /// Whether it asks a queue that takes nothing whether it is back.
        let isQuestion: Bool
        var isAbandoned = false
        var task: Task<Void, Never>?

        init(_ deliveries: [Delivery], isQuestion: Bool) {
            self.deliveries = deliveries
            self.isQuestion = isQuestion
        }
    }
}
