import CoreMetrics
import Metrics

/// The worker's metrics, made once.
struct WorkerMetrics: Sendable {
    let messagesDone = Counter(label: "worker_messages_total", dimensions: [("outcome", "done")])
    let messagesQuarantined = Counter(label: "worker_messages_total", dimensions: [("outcome", "quarantined")])
    let messagesReturned = Counter(label: "worker_messages_total", dimensions: [("outcome", "returned")])
    let messagesDuplicate = Counter(label: "worker_messages_total", dimensions: [("outcome", "duplicate")])
    let eventsStored = Counter(label: "worker_events_total", dimensions: [("outcome", "stored")])
    let eventsDuplicate = Counter(label: "worker_events_total", dimensions: [("outcome", "duplicate")])
    let eventsQuarantined = Counter(label: "worker_events_total", dimensions: [("outcome", "quarantined")])
    let itemsWritten = Counter(label: "worker_items_total", dimensions: [("outcome", "written")])
    let itemsRetried = Counter(label: "worker_items_total", dimensions: [("outcome", "retried")])
    let itemsRefused = Counter(label: "worker_items_total", dimensions: [("outcome", "refused")])
    let deleted = Counter(label: "worker_delete_total", dimensions: [("outcome", "deleted")])
    let deleteFailed = Counter(label: "worker_delete_total", dimensions: [("outcome", "failed")])
    /// From a message's receipt until its items are written.
    let messageSeconds = Timer(label: "worker_message_seconds")

    /// What the metrics mean, for the exposition.
    static let meanings = [
        "worker_messages_total": "Messages by what became of them.",
        "worker_events_total": "Events of messages that were done, by what became of them.",
        "worker_items_total": "Items by what the table did with them; retried counts tries.",
        "worker_delete_total": "Deletes of messages; failed counts tries.",
        "worker_message_seconds": "Time from a message's receipt until its items are written.",
        "worker_in_flight": "Messages received and neither deleted nor returned.",
        "worker_idle": "Workers that wait for a message.",
        "worker_backlog": "Messages that wait on the queue, about; -1 while unknown.",
    ]
}
