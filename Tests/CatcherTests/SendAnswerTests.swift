import AWSCore
import Testing

@testable import Catcher

@Suite("What the queue's answers mean")
struct SendAnswerTests {
    private static let tooLong = "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes."

    private static func fault(_ code: AWSError.Code, _ message: String = "no") -> SendAnswer {
        SendAnswer(.failure(BatchEntryError(code: code, message: message, senderFault: true)))
    }

    enum Kind { case accepted, failed, cutOff, refused }

    static func kind(_ outcome: SinkOutcome) -> Kind {
        switch outcome {
        case .accepted: .accepted
        case .failed: .failed
        case .cutOff: .cutOff
        case .refused: .refused
        }
    }

    @Test(
        "a message is refused for good only where the refusal is about it",
        arguments: [
            ("InvalidMessageContents", "no", Kind.refused, Kind.refused),
            ("InvalidParameterValue", tooLong, .refused, .refused),
            ("AWS.SimpleQueueService.BatchRequestTooLong", "no", .refused, .refused),
            ("KmsDisabled", "no", .cutOff, .cutOff),
            ("KMS.NotFoundException", "no", .cutOff, .cutOff),
            ("KmsInvalidState", "no", .cutOff, .cutOff),
            ("InvalidAddress", "no", .cutOff, .cutOff),
            ("UnsupportedOperation", "no", .cutOff, .cutOff),
            // Not said: then it tells whether the queue took others of the call.
            ("InvalidParameterValue", "the queue is a FIFO queue", .cutOff, .refused),
            ("MissingParameter", "MessageGroupId", .cutOff, .refused),
            ("SomethingNew", "no", .cutOff, .refused),
        ])
    func faults(_ code: String, _ message: String, _ alone: Kind, _ besideAccepted: Kind) {
        let fault = Self.fault(AWSError.Code(rawValue: code), message)
        #expect(SendAnswer.outcomes([fault, fault]).map(Self.kind) == [alone, alone])
        #expect(SendAnswer.outcomes([fault, .accepted]).map(Self.kind) == [besideAccepted, .accepted])
    }

    @Test("a failure of the service's own is tried again, whatever became of the others")
    func passing() {
        let failed = SendAnswer(.failure(BatchEntryError(code: "InternalError", message: "x", senderFault: false)))
        #expect(SendAnswer.outcomes([failed, .accepted]).map(Self.kind) == [.failed, .accepted])
    }
}
