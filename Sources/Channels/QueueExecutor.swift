import Dispatch

/// Runs tasks on a serial dispatch queue of their own: a stage of a pipeline is a task that prefers one.
///
/// As a preference (`Task(executorPreference:)`, `addTask(executorPreference:)`) it moves the task and what it calls
/// without isolation onto the queue, one job at a time and in order. The queue borrows a thread only while a job runs.
public final class QueueExecutor: TaskExecutor {
    private let queue: DispatchQueue

    /// - Parameter label: The queue's name in debuggers and profiles.
    public init(label: String) {
        // With the global queue for its target it shares the pool's few threads, one a core. Without, it is given a
        // thread whenever it has a job: as many threads as stages, and a switch from one to the next for each hop.
        queue = DispatchQueue(label: label, target: .global())
    }

    /// Runs a job after those already on the queue.
    ///
    /// - Parameter job: The job.
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
