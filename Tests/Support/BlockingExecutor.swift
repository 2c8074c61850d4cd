import Dispatch

/// Runs tasks on a thread of its own, for tests that block: the threads that all tasks share are
/// as few as the processors, and a test that holds one makes the others late.
package final class BlockingExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "blocking test")

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            // Safety: the job is run once, on the one thread of the queue, and this object lives
            // until the closure ends.
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
