extension EventLoop {
    /// Waits on this loop, to the millisecond and never shorter; for tasks of this loop.
    package func sleep(for duration: Duration) async {
        await withCheckedContinuation { continuation in
            _ = schedule(after: duration, handler: Sleeper(continuation))
        }
    }
}

/// A timer that a task waits for.
private final class Sleeper: TimerHandler {
    private let continuation: CheckedContinuation<Void, Never>

    init(_ continuation: CheckedContinuation<Void, Never>) {
        self.continuation = continuation
    }

    func timerFired(token: UInt32) {
        // A timer fires once, and this one is never cancelled.
        continuation.resume()
    }
}
