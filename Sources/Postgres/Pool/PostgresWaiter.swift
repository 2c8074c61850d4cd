import EventLoop

/// A statement that waits for a connection. Confined to its loop.
final class PostgresWaiter: TimerHandler {
    private unowned let pool: PostgresPool
    let completion: (Result<LoopBound<PostgresConnection>, PostgresError>) -> Void
    var timer: TimerID?

    init(
        pool: PostgresPool,
        completion: @escaping (Result<LoopBound<PostgresConnection>, PostgresError>) -> Void
    ) {
        self.pool = pool
        self.completion = completion
    }

    func timerFired(token: UInt32) { pool.expire(self) }
}

/// Somebody who waits until there is a connection at all. Confined to its loop.
final class ReadinessWaiter: TimerHandler {
    private var completion: ((Bool) -> Void)?

    init(completion: @escaping (Bool) -> Void) {
        self.completion = completion
    }

    /// Tells the outcome, the first time.
    func resolve(_ isReady: Bool) { completion.take()?(isReady) }

    func timerFired(token: UInt32) { resolve(false) }
}
