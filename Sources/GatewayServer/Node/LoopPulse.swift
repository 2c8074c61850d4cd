import EventLoop
import Synchronization

/// When a loop was last seen to run.
///
/// A loop that is blocked cannot say so. So each notes the time again and again, and who asks for
/// the node's health looks how old the note is. Safe from any thread.
final class LoopPulse: Sendable {
    /// What its loop is called.
    let name: String
    /// Nanoseconds of the monotonic clock; 0 before the loop began.
    private let beatAt = Atomic<UInt64>(0)

    init(name: String) {
        self.name = name
    }

    /// Notes that the loop runs.
    ///
    /// - Returns: how long ago that was noted before; zero the first time.
    @discardableResult
    func beat() -> Duration {
        let now = MonotonicTime.current().nanoseconds
        let last = beatAt.exchange(now, ordering: .relaxed)
        return last == 0 ? .zero : .nanoseconds(Int64(clamping: now &- last))
    }

    /// How long the loop has not been seen to run; zero before it began.
    var silence: Duration {
        let last = beatAt.load(ordering: .relaxed)
        let now = MonotonicTime.current().nanoseconds
        return last == 0 || now < last ? .zero : .nanoseconds(Int64(clamping: now - last))
    }
}
